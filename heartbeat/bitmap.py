"""Sets of media seconds as bitmaps, numbered as Redis numbers bits: second s is bit 7 − s % 8 of byte s // 8."""

from collections.abc import Iterable


def size(duration: int) -> int:
    """Bytes that hold `duration` seconds."""
    return (duration + 7) // 8


def has(bits: bytes | bytearray, second: int) -> bool:
    byte = second >> 3
    return byte < len(bits) and bool(bits[byte] & (0x80 >> (second & 7)))


def add(bits: bytearray, second: int) -> None:
    byte = second >> 3
    if byte >= len(bits):
        bits.extend(bytes(byte + 1 - len(bits)))
    bits[byte] |= 0x80 >> (second & 7)


def count(bits: bytes | bytearray) -> int:
    return int.from_bytes(bits, "little").bit_count()


def union(left: bytes | bytearray, right: bytes | bytearray) -> bytes:
    """left OR right; as long as the longer one."""
    # Little-endian: the first byte is the lowest, whatever the length, so nothing is padded.
    both = int.from_bytes(left, "little") | int.from_bytes(right, "little")
    return both.to_bytes(max(len(left), len(right)), "little")


def without(left: bytes | bytearray, right: bytes | bytearray) -> bytes:
    """What is in left and not in right."""
    rest = int.from_bytes(left, "little") & ~int.from_bytes(right, "little")
    return rest.to_bytes(len(left), "little")


def end(bits: bytes | bytearray) -> int:
    """One past the last second in the set; 0 when it is empty."""
    value = int.from_bytes(bits, "big")
    return 0 if value == 0 else len(bits) * 8 - ((value & -value).bit_length() - 1)


def seconds(bits: bytes | bytearray) -> list[int]:
    return [byte * 8 + bit for byte, value in enumerate(bits) if value for bit in range(8) if value & (0x80 >> bit)]


def intervals(bits: bytes | bytearray) -> list[tuple[int, int]]:
    """The set as half-open [from, to), in order."""
    found: list[tuple[int, int]] = []
    for second in seconds(bits):
        if found and found[-1][1] == second:
            found[-1] = (found[-1][0], second + 1)
        else:
            found.append((second, second + 1))
    return found


def of(spans: Iterable[tuple[int, int]]) -> bytes:
    """The bitmap of half-open spans."""
    bits = bytearray()
    for start, stop in spans:
        for second in range(start, stop):
            add(bits, second)
    return bytes(bits)
