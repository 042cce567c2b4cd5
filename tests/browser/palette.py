"""A screenshot in 256 colors: a third of the bytes, and nobody sees the difference on a page of text.

PNG (Portable Network Graphics), third edition: chunks in 5.3, filters in 9.2. What Chromium writes is 8 bits a
channel, not interlaced.
"""

import struct
import zlib
from collections import Counter

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLORS = 256
CHANNELS = {2: 3, 6: 4}  # color type → bytes a pixel


def with_palette(png):
    """The PNG as bytes → the same picture in its most common colors, each other one as the nearest of them."""
    width, height, step, rows = _decoded(png)
    pixels = [list(zip(row[0::step], row[1::step], row[2::step], strict=True)) for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = [color for color, _ in counted.most_common(COLORS)]
    place = {color: number for number, color in enumerate(palette)}
    for color in counted:
        if color not in place:
            place[color] = min(range(len(palette)), key=lambda number: _distance(palette[number], color))
    lines = b"".join(b"\0" + bytes(place[pixel] for pixel in row) for row in pixels)
    return SIGNATURE + b"".join([
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", b"".join(map(bytes, palette))),
        _chunk(b"IDAT", zlib.compress(lines, 9)),
        _chunk(b"IEND", b""),
    ])


def _distance(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _decoded(png):
    """(width, height, bytes a pixel, rows without their filters)."""
    chunks, at = {}, len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        chunks[kind] = chunks.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, interlaced) == (8, 0)
    step, raw, rows = CHANNELS[color], zlib.decompress(chunks[b"IDAT"]), []
    before, size = bytearray(width * step), width * step + 1
    for start in range(0, height * size, size):
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + size]), before, step)
        rows.append(before)
    return width, height, step, rows


def _unfiltered(kind, row, above, step):
    if kind == 0:
        return row
    guess = GUESSES[kind]
    for i in range(len(row)):
        left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
        row[i] = (row[i] + guess(left, above[i], corner)) & 255
    return row


def _paeth(left, above, corner):
    """The one of the three that is nearest to left + above - corner, in this order."""
    to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


GUESSES = (
    None, lambda left, above, corner: left, lambda left, above, corner: above,
    lambda left, above, corner: (left + above) // 2, _paeth,
)
