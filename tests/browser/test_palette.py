import struct
import zlib

from tests.browser.palette import SIGNATURE, _chunk, _decoded, with_palette


def png(rows):
    """Rows of (r, g, b) as a PNG whose lines take all five filters in turn (PNG 9.2)."""
    lines, above = b"", bytes(3 * len(rows[0]))
    for number, row in enumerate(rows):
        plain, kind = bytes(value for pixel in row for value in pixel), number % 5
        lines += bytes([kind, *_filtered(kind, plain, above)])
        above = plain
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _filtered(kind, row, above):
    for i, value in enumerate(row):
        a, b, c = (row[i - 3], above[i], above[i - 3]) if i >= 3 else (0, above[i], 0)
        distances = (abs(b - c), abs(a - c), abs(a + b - 2 * c))
        paeth = (a, b, c)[distances.index(min(distances))]
        yield (value - (0, a, b, (a + b) // 2, paeth)[kind]) % 256


def shown(picture):
    """The pixels of a picture with a palette, rows of (r, g, b)."""
    at = picture.index(b"PLTE")
    (size,) = struct.unpack(">I", picture[at - 4 : at])
    palette = picture[at + 4 : at + 4 + size]
    width, height = struct.unpack(">II", picture[16:24])
    start = picture.index(b"IDAT")
    (size,) = struct.unpack(">I", picture[start - 4 : start])
    raw = zlib.decompress(picture[start + 4 : start + 4 + size])
    lines = [raw[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]
    return [[tuple(palette[3 * one : 3 * one + 3]) for one in line] for line in lines]


def test_a_picture_of_few_colors_is_the_same_to_the_pixel_whatever_its_filters():
    rows = [[((x * 7) % 90, (y * 11) % 2, 200 if x > y else 3) for x in range(40)] for y in range(10)]

    assert shown(with_palette(png(rows))) == rows
    assert [len(row) for row in _decoded(png(rows))[3]] == [120] * 10


def test_of_many_colors_the_common_ones_stay_and_the_others_are_near():
    rows = [[(x, y, 0) for x in range(64)] for y in range(16)] + [[(255, 255, 255)] * 64] * 4

    found = shown(with_palette(png(rows)))

    assert found[16:] == rows[16:]
    pairs = [pair for a, b in zip(rows, found, strict=True) for pair in zip(a, b, strict=True)]
    assert max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)) < 64
