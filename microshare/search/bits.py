"""Sets of numbers as bits of one large integer, and sums kept in slices of such integers.

Python works on thousands of bits in a microsecond; so a shard of 50,000 posts is searched, and even
scored, as a whole, whatever the number of posts that a word finds. Bit n stands for number n.

A sum has one number for each bit of its value (O'Neil and Quass, Improved query performance with
variant indexes, 1997): slice 0 has the posts whose sum is odd, and so on. Adding is the carry of
primary school, for all posts at once.
"""

from collections.abc import Iterable, Iterator

Slices = list[int]

_FEW = 64  # so many are taken from the top one by one; beyond that, reading all is quicker
_OF_BYTE = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]


def of(numbers: Iterable[int], size: int) -> int:
    """The set of these numbers, each less than `size`.

    >>> bin(of([0, 3], 4))
    '0b1001'
    """
    octets = bytearray(size // 8 + 1)
    for number in numbers:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")


def numbers(bits: int) -> list[int]:
    """What is in a set, lowest first.

    >>> numbers(0b1001)
    [0, 3]
    """
    octets = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return [8 * at + bit for at, byte in enumerate(octets) if byte for bit in _OF_BYTE[byte]]


def highest(bits: int, limit: int) -> list[int]:
    """The highest numbers of a set, highest first.

    >>> highest(0b10110, 2)
    [4, 2]
    """
    if limit > _FEW:
        return numbers(bits)[: -limit - 1 : -1]
    found: list[int] = []
    while bits and len(found) < limit:
        found.append(bits.bit_length() - 1)
        bits ^= 1 << found[-1]
    return found


def below(number: int) -> int:
    """All numbers less than this one."""
    return (1 << max(0, number)) - 1


def add(slices: Slices, among: int, value: int) -> None:
    """Add a value to the sums of these numbers.

    >>> slices = []
    >>> add(slices, 0b111, 3)
    >>> add(slices, 0b001, 2)
    >>> [(value, numbers(bits)) for value, bits in levels(slices, 0b1111)]
    [(5, [0]), (3, [1, 2]), (0, [3])]
    """
    for place in range(value.bit_length()):
        if value >> place & 1:
            carry, at = among, place
            while carry:
                while len(slices) <= at:
                    slices.append(0)
                slices[at], carry = slices[at] ^ carry, slices[at] & carry
                at += 1


def value_of(slices: Slices, number: int) -> int:
    """The sum of one number."""
    return sum((bits >> number & 1) << place for place, bits in enumerate(slices))


def at_least(slices: Slices, among: int, value: int) -> int:
    """Those of a set whose sum is at least this value.

    >>> numbers(at_least([0b0101, 0b0110], 0b1111, 2))
    [1, 2]
    """
    if value >> len(slices):
        return 0
    above, equal = 0, among
    for place in reversed(range(len(slices))):
        if value >> place & 1:
            equal &= slices[place]
        else:
            above |= equal & slices[place]
            equal &= ~slices[place]
    return above | equal


def levels(
    slices: Slices, among: int, least: int = 0, most: int | None = None
) -> Iterator[tuple[int, int]]:
    """The sums that occur in a set, highest first, each with the numbers that have it.

    Sums less than `least` and more than `most` are left out.
    """
    waiting = [(among, len(slices) - 1, 0)]
    while waiting:
        bits, place, value = waiting.pop()
        highest = value + (2 << place if place >= 0 else 1) - 1
        if highest < least or (most is not None and value > most):
            continue
        if place < 0:
            yield value, bits
            continue
        ones = bits & slices[place]
        if ones != bits:
            waiting.append((bits ^ ones, place - 1, value))
        if ones:
            waiting.append((ones, place - 1, value | 1 << place))
