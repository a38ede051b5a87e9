"""Text that programs broke into lines and say so (RFC 3676), in its own lines again."""


def unflowed(text: str, *, deletes_space: bool) -> str:
    """A line that ends in a space goes on in the next, of the same quote.

    >>> unflowed("> one \\n> two\\nmine \\nalso\\n-- \\nAnna", deletes_space=False)
    '> one two\\nmine also\\n-- \\nAnna'
    """
    lines: list[list[str]] = []
    goes_on, depth = False, 0
    for line in text.split("\n"):
        quotes = len(line) - len(line.lstrip(">"))
        said = line[quotes:].removeprefix(" ")
        if goes_on and quotes == depth and said != "-- ":
            lines[-1].append(said)
        else:
            lines.append([">" * quotes + " " * (quotes > 0) + said])
        goes_on, depth = said.endswith(" ") and said != "-- ", quotes
        if goes_on and deletes_space:
            lines[-1][-1] = lines[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in lines)
