"""Folders and ZIP archives -> files: every one accounted for, nothing that an archive says trusted."""

import struct
import zipfile
from pathlib import Path

import pytest

from app.errors import UsageError
from app.reading.package import SourceFile, expand
from app.settings import Settings

PDF = b"%PDF-1.4\n%%EOF\n"


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def expanded(tmp_path: Path, *paths: Path, settings: Settings | None = None) -> tuple[SourceFile, ...]:
    return expand(paths, settings or Settings(), tmp_path / "unpacked")


def names(files: tuple[SourceFile, ...]) -> list[str]:
    return [file.name for file in files]


def test_single_files_are_called_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "2024 accounts.pdf"
    path.write_bytes(PDF)
    assert expanded(tmp_path, path) == (SourceFile("2024 accounts.pdf", path),)


def test_a_folder_gives_its_files_in_order_without_what_file_browsers_leave(tmp_path: Path) -> None:
    folder = tmp_path / "loan"
    (folder / "tax").mkdir(parents=True)
    for name in ("b.pdf", "a.pdf", "tax/c.pdf", ".DS_Store", "Thumbs.db"):
        (folder / name).write_bytes(PDF)
    assert names(expanded(tmp_path, folder)) == ["loan/a.pdf", "loan/b.pdf", "loan/tax/c.pdf"]


def test_an_archive_gives_its_files_by_archive_and_path(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "docs.zip", {"b.pdf": PDF, "tax/a.pdf": PDF + b"1", "__MACOSX/._b.pdf": b"x", "empty/": b""})
    files = expanded(tmp_path, archive)
    assert names(files) == ["docs.zip/b.pdf", "docs.zip/tax/a.pdf"]
    assert [file.path.read_bytes() for file in files] == [PDF, PDF + b"1"]
    assert all(file.reason is None for file in files)


def test_an_archive_in_a_folder_is_unpacked_too(tmp_path: Path) -> None:
    (tmp_path / "loan").mkdir()
    zipped(tmp_path / "loan" / "docs.zip", {"b.pdf": PDF})
    assert names(expanded(tmp_path, tmp_path / "loan")) == ["loan/docs.zip/b.pdf"]


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "a.pdf")
        paths[-1].write_bytes(PDF)
    assert names(expanded(tmp_path, *paths)) == ["a.pdf", "a.pdf (2)"]


@pytest.mark.parametrize("path", ["../../evil.pdf", "/etc/evil.pdf", "..\\..\\evil.pdf", "a/../../evil.pdf", "C:\\evil.pdf"])
def test_a_path_in_an_archive_leads_nowhere(tmp_path: Path, path: str) -> None:
    (file,) = expanded(tmp_path, zipped(tmp_path / "docs.zip", {path: PDF}))
    assert file.path.resolve().is_relative_to((tmp_path / "unpacked").resolve())
    assert ".." not in file.name
    assert file.name.startswith("docs.zip/")
    assert file.name.endswith("evil.pdf")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["docs.zip", "unpacked"]


def test_a_name_that_would_break_a_line_is_shown_on_one(tmp_path: Path) -> None:
    (file,) = expanded(tmp_path, zipped(tmp_path / "docs.zip", {"a\n\x1b[31mb.pdf": PDF}))
    assert file.name.isprintable()


def test_an_archive_in_an_archive_is_quarantined_and_its_neighbours_are_not(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a.pdf": PDF}).read_bytes()
    files = expanded(tmp_path, zipped(tmp_path / "docs.zip", {"inner.zip": inner, "b.pdf": PDF}))
    assert names(files) == ["docs.zip/inner.zip", "docs.zip/b.pdf"]
    assert "archive inside an archive" in str(files[0].reason)
    assert files[1].reason is None


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "bomb.zip", {"a.pdf": PDF, "bomb.pdf": bytes(30_000_000), "b.pdf": PDF})
    files = expanded(tmp_path, archive, settings=Settings(max_archive_bytes=2_000_000))
    assert [file.reason is None for file in files] == [True, False, False]
    assert "LOANLENS_MAX_ARCHIVE_BYTES" in str(files[1].reason)
    assert sum(file.path.stat().st_size for file in files) < 2_000_000


def test_a_size_that_an_archive_understates_is_not_believed(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "liar.zip", {"bomb.pdf": bytes(5_000_000)})
    data = archive.read_bytes()
    archive.write_bytes(data.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 100)))
    (file,) = expanded(tmp_path, archive, settings=Settings(max_file_bytes=1_000_000))
    assert file.reason is not None
    assert file.path.stat().st_size <= 1_000_000


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "docs.zip", {f"{i}.pdf": PDF for i in range(6)})
    (file,) = expanded(tmp_path, archive, settings=Settings(max_archive_entries=5))
    assert "LOANLENS_MAX_ARCHIVE_ENTRIES" in str(file.reason)


@pytest.mark.parametrize("form", ["plain", "64-bit", "inside a comment"])
def test_a_list_of_very_many_files_is_refused_before_it_is_read(tmp_path: Path, form: str) -> None:
    size = 2**31 if form == "plain" else 2**32 - 1
    plain = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 9, 9, size, 4, 0)
    longer = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, 2**31, 4)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 4, 1)
    end = {"plain": plain, "64-bit": longer + locator + plain, "inside a comment": longer + b"x" * 60_000}[form]
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + end)
    (found,) = expand([tmp_path / "a.zip"], Settings(), tmp_path / "out")
    assert "2,147,483,648 bytes, more than is read" in (found.reason or "")


def test_an_encrypted_entry_asks_for_a_copy_without_password(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "docs.zip", {"a.pdf": PDF, "b.pdf": PDF})
    data = bytearray(archive.read_bytes())
    data[6] |= 1  # the flag in the entry itself
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the list of entries
    archive.write_bytes(data)
    files = expanded(tmp_path, archive)
    assert "encrypted" in str(files[0].reason)
    assert files[1].reason is None


def test_a_damaged_entry_does_not_harm_its_neighbours(tmp_path: Path) -> None:
    archive = tmp_path / "docs.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.pdf", b"first" * 100)
        made.writestr("b.pdf", PDF)
    archive.write_bytes(archive.read_bytes().replace(b"firstfirst", b"firstFIRST", 1))
    files = expanded(tmp_path, archive)
    assert "damaged" in str(files[0].reason)
    assert files[1].reason is None


def test_a_cut_off_archive_is_quarantined(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "docs.zip", {"a.pdf": PDF})
    archive.write_bytes(archive.read_bytes()[:-30])
    (file,) = expanded(tmp_path, archive)
    assert "damaged" in str(file.reason)


def test_an_empty_archive_is_quarantined(tmp_path: Path) -> None:
    (file,) = expanded(tmp_path, zipped(tmp_path / "docs.zip", {}))
    assert "empty" in str(file.reason)


def test_an_office_document_is_no_package(tmp_path: Path) -> None:
    book = zipped(tmp_path / "accounts.xlsx", {"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"})
    assert names(expanded(tmp_path, book)) == ["accounts.xlsx"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loan").mkdir()
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (tmp_path / "loan" / "a.pdf").symlink_to(tmp_path / "secret.pdf")
    (file,) = expanded(tmp_path, tmp_path / "loan")
    assert "link" in str(file.reason)


def test_a_path_to_nothing_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        expanded(tmp_path, tmp_path / "missing.pdf")
