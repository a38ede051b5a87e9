"""The `microshare` command for people: a client of a server, over its API and nothing else.

It imports neither the server nor its libraries, so that it starts at once, on any machine.
"""
