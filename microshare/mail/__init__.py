"""The mail door: letters come in, and become posts and replies."""
