"""The groups of the `microshare` command, one file a noun; `cli.py` puts them together."""
