"""Pure: an invertible Bloom lookup table, which names what differs between two large sets.

Every key is added to four cells; a cell holds how many keys, their sum and the sum of their check hashes. Subtract one
sketch from another, and what both hold cancels. What is left can be named as long as it is fewer than about 0.7 of the
cells, however many keys went in: a cell with a single key shows it, and taking that key out of its other cells frees more.
Sums (in a prime field), not XORs: a key that went in twice must still be named.

Eppstein, Goodrich, Uyeda, Varghese: "What's the Difference? Efficient Set Reconciliation without Prior Context",
SIGCOMM 2011, https://dl.acm.org/doi/10.1145/2018436.2018462.
"""

import zlib
from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import NamedTuple, Self

COPIES = 4
"""In how many cells a key is."""

_CHECK_BYTES, _COUNT_BYTES = 3, 3
_CHECK_PRIME = 2**24 - 3
_PLACE = 2**26 - 1

_CHECK_AT, _COUNT_AT = 336, 400
"""A cell in memory is one number, so that a key is added at once: its sum, then its checks, then its count.

Any of them may be negative and then borrows from the next. Sums are not cut to the prime field until they are written;
a sum leaves 64 bits, a check 40, and a cell that can be written has at most 2**23 keys.
"""


class KeySize(NamedTuple):
    """Keys are integers of so many bytes at most, and their sums are kept in the field of a prime one byte longer."""

    key_bytes: int
    prime: int

    @property
    def cell_bytes(self) -> int:
        """How long a cell is where it is written."""
        return _COUNT_BYTES + self.key_bytes + 1 + _CHECK_BYTES


class Sketch:
    """A multiset of keys in `cells` cells, a multiple of four. Sketches of the same size can be subtracted."""

    __slots__ = ("_key_bytes", "_raw", "_text", "_unpacked", "cells", "key_size")

    def __init__(self, cells: int, key_size: KeySize) -> None:
        self.cells, self.key_size = cells, key_size
        self._key_bytes = key_size.key_bytes  # looked up for each key that is added
        self._unpacked = [0] * cells
        # Most slices of a ledger are neither looked at nor changed in a sync: they are unpacked and packed if need be.
        self._raw: bytes | None = None
        self._text: str | None = None

    @property
    def _cells(self) -> list[int]:
        if (raw := self._raw) is not None:
            length, empty = self.key_size.cell_bytes, bytes(self.key_size.cell_bytes)
            packed = (raw[start : start + length] for start in range(0, len(raw), length))
            self._unpacked = [0 if cell == empty else _read(cell) for cell in packed]
            self._raw = None
        return self._unpacked

    def add(self, key: int, times: int = 1) -> None:
        """Adds a key, or takes it out with a negative `times`; it may be taken out before it is added."""
        check, places = _hash(key, self.cells, self._key_bytes)
        added, cells = _cell(key, check, 1) * times, self._cells
        self._text = None
        for place in places:
            cells[place] += added

    def __sub__(self, other: "Sketch") -> "Sketch":
        """What is left when everything in `other` is taken out."""
        rest = Sketch(self.cells, self.key_size)
        rest._unpacked = [a - b for a, b in zip(self._cells, other._cells, strict=True)]
        return rest

    @property
    def total(self) -> int:
        """How many keys went in, less those that were taken out."""
        return sum(_parts(cell)[2] for cell in self._cells if cell) // COPIES

    def decode(self) -> dict[int, int] | None:
        """Every key with how often it went in (negative: was taken out); None if there are too many to name."""
        return (self - Sketch(self.cells, self.key_size))._emptied()  # noqa: SLF001 (a copy of this one)

    def _emptied(self) -> dict[int, int] | None:
        found: dict[int, int] = {}
        todo = [place for place, cell in enumerate(self._cells) if cell and _parts(cell)[2]]
        # A check hash that fits by chance could put keys in and out for ever.
        for _ in range(20 * self.cells):
            if not todo:
                break
            key, times = self._only_key(todo.pop())
            if times:
                found[key] = found.get(key, 0) + times
                self.add(key, -times)
                todo += _hash(key, self.cells, self._key_bytes)[1]
        if any(count or total % self.key_size.prime for total, _, count in map(_parts, filter(None, self._cells))):
            return None
        return {key: times for key, times in found.items() if times}

    def _only_key(self, place: int) -> tuple[int, int]:
        """The one key in a cell and how often it is there; zero times if there are several or none."""
        total, checks, times = _parts(self._cells[place])
        if not times:
            return 0, 0
        key = total * pow(times, -1, self.key_size.prime) % self.key_size.prime
        if key >> 8 * self._key_bytes:
            return 0, 0
        check, places = _hash(key, self.cells, self._key_bytes)
        return (key, times) if place in places and (checks - times * check) % _CHECK_PRIME == 0 else (0, 0)

    def folded(self, cells: int) -> "Sketch":
        """The same keys in fewer cells: a half, a quarter, …."""
        small = Sketch(cells, self.key_size)
        for place, cell in enumerate(self._cells):
            small._cells[place % cells] += cell
        return small

    def dump(self) -> str:
        """As text; a sketch with few keys is short."""
        if self._text is None:
            empty = bytes(self.key_size.cell_bytes)
            # Most cells are empty while there are few records: those take no arithmetic.
            raw = b"".join(_written(cell, self.key_size) if cell else empty for cell in self._cells)
            self._text = b64encode(zlib.compress(raw, 1)).decode()
        return self._text

    @classmethod
    def load(cls, text: str, size: KeySize) -> Self:
        """Reads what `dump` wrote of a sketch of keys of this size.

        Raises:
            ValueError: it is something else.
        """
        try:
            raw = zlib.decompress(b64decode(text, validate=True))
        except zlib.error as error:
            raise ValueError(str(error)) from None
        cells, rest = divmod(len(raw), size.cell_bytes)
        if rest or cells % COPIES or not cells:
            message = "is no sketch"
            raise ValueError(message)
        sketch = cls(cells, size)
        sketch._raw, sketch._text = raw, text
        return sketch


def _hash(key: int, cells: int, key_bytes: int) -> tuple[int, tuple[int, int, int, int]]:
    """The check hash of a key and its four cells, one in each quarter; a folded sketch has it where it folds to."""
    number = int.from_bytes(blake2b(key.to_bytes(key_bytes), digest_size=16).digest())
    quarter = cells // COPIES
    return (number >> 104) % _CHECK_PRIME, (
        (number & _PLACE) % quarter * COPIES,
        (number >> 26 & _PLACE) % quarter * COPIES + 1,
        (number >> 52 & _PLACE) % quarter * COPIES + 2,
        (number >> 78 & _PLACE) % quarter * COPIES + 3,
    )


def _cell(total: int, checks: int, count: int) -> int:
    return total + (checks << _CHECK_AT) + (count << _COUNT_AT)


def _parts(cell: int) -> tuple[int, int, int]:
    """The sum, the sum of the checks and the count in a cell."""
    total = _signed(cell, _CHECK_AT)
    rest = (cell - total) >> _CHECK_AT
    checks = _signed(rest, _COUNT_AT - _CHECK_AT)
    return total, checks, (rest - checks) >> (_COUNT_AT - _CHECK_AT)


def _signed(number: int, bits: int) -> int:
    """What its last bits say, of which the first is the sign."""
    half = 1 << bits - 1
    return ((number + half) & (2 * half - 1)) - half


def _written(cell: int, size: KeySize) -> bytes:
    total, checks, count = _parts(cell)
    counted = count.to_bytes(_COUNT_BYTES, signed=True)
    return counted + (total % size.prime).to_bytes(size.key_bytes + 1) + (checks % _CHECK_PRIME).to_bytes(_CHECK_BYTES)


def _read(raw: bytes) -> int:
    count = int.from_bytes(raw[:_COUNT_BYTES], signed=True)
    return _cell(int.from_bytes(raw[_COUNT_BYTES:-_CHECK_BYTES]), int.from_bytes(raw[-_CHECK_BYTES:]), count)
