"""What the HTML of a letter tells of its lines, as a character before each.

They are no characters of any text (Unicode's noncharacters), and none comes in from outside:
`encodings.clean` takes them out.
"""

HEAD = "\ufdd0"  # the line that tells who wrote what follows
WRAP = "\ufdd1"  # around a quote and the line before it; answers may stand there too
HISTORY = "\ufdd2"  # a line of its own: all below was there before
SIGNATURE = "\ufdd3"
RULE = "\ufdd4"  # a line drawn across
ALL = HEAD + WRAP + HISTORY + SIGNATURE + RULE
