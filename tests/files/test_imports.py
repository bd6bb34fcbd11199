"""Files as people make them: each is read, or refused by line, column and name, and never ends in a trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.registry_file import COLUMNS as STATIONS
from services.intake.registry_file import read_registry_file
from services.referral.directory_file import read_directory_file
from services.referral.roster_file import read_roster_file
from services.referral.roster_table import COLUMNS as POSTS
from shared.contracts.ids import NAMESPACE
from shared.files.faults import MOST_SHOWN, SENTENCES, UnusableFile, shown

CASES = Path(__file__).parents[1] / "cases"
SAMPLES = Path(__file__).parents[2] / "deploy/samples"
Read = Callable[[Path], Any]


def authid_of(subject: str) -> UUID:
    return uuid5(NAMESPACE, subject)


def roster(path: Path) -> Any:
    return read_roster_file(path, authid_of)


def partners(path: Path) -> Any:
    return read_directory_file(path, "31", authid_of)


def faults_of(read: Read, path: Path) -> list[str]:
    with pytest.raises(UnusableFile) as refused:
        read(path)
    return refused.value.faults


def written(folder: Path, text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


STATION = ("PN-31-0001", "police", "31", "31555", "Europe/Paris", "police")
POST = (
    *("post-1", "31", "association", "mixed", "80", "40", "2024-01-01", ""),
    *("iscg-1", "iscg-1", "", "fr", "a@relais.example", "PN-31-0001", "Europe/Paris", "mon", "09:00", "12:00"),
)
TABLES: dict[str, tuple[Read, tuple[str, ...], tuple[str, ...]]] = {
    "stations": (read_registry_file, STATIONS, STATION),
    "roster": (roster, POSTS, POST),
}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stations-stray-quote.csv", "line 2: quotes must enclose a whole value"),
        ("stations-stations-twice.yaml", "line 6, column 3: stations stands twice"),
        ("stations-header-only.csv", "line 1: no row follows the heads"),
    ],
)
def test_a_case_is_refused_by_its_line(name: str, said: str) -> None:
    [fault] = faults_of(read_registry_file, CASES / name)
    assert fault.startswith(said)


def test_what_excel_saves_in_france_is_read(tmp_path: Path) -> None:
    assert [each.code for each in read_registry_file(CASES / "stations-excel-fr.csv").stations] == ["PN-31-0001"]
    text = ";".join(STATIONS) + ";libellé\r\n" + ";".join(STATION) + ";Hôtel de police\r\n;;;;;;\r\n"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        path = written(tmp_path, text, encoding=encoding)
        assert [each.code for each in read_registry_file(path).stations] == ["PN-31-0001"], encoding


@pytest.mark.parametrize("kind", TABLES)
def test_a_fault_names_line_column_and_head_in_both_languages(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, heads, row = TABLES[kind]
    values = list(row)
    values[heads.index("force")] = "Zyxwv"
    path = written(tmp_path, "\n".join([",".join(heads), ",".join(row).replace("post-1", "post-0"), ",".join(values)]))
    place = heads.index("force") + 1
    for language, said in (
        ("C", f"line 3, column {place}: force: must be one of"),
        ("fr_FR.UTF-8", f"ligne 3, colonne {place}: force: doit être une de ces valeurs"),
    ):
        monkeypatch.setenv("LC_ALL", language)
        faults = faults_of(read, path)
        assert any(fault.startswith(said) for fault in faults), faults
        assert "Zyxwv" not in "".join(faults)


def test_every_sentence_has_both_languages_and_is_complete() -> None:
    context = {"expected": "a", "ge": 1, "le": 1, "min_length": 1, "max_length": 1}
    for english, french in SENTENCES.values():
        assert english.format(**context) != french.format(**context)


@pytest.mark.parametrize(
    ("written_as", "place"),
    [("signs_in_as: 0123456", "line 5"), ("signs_in_as:", "line 5"), ("signs_in_as: ''", "line 5")],
)
def test_a_subject_that_yaml_reads_otherwise_is_a_fault(written_as: str, place: str, tmp_path: Path) -> None:
    text = f"""posts:
  - id: post-1
    departement: "31"
    iscg:
      {written_as}
      id: iscg-1
      channels: [{{channel: email, value: a@relais.example}}]
"""
    [fault] = faults_of(roster, written(tmp_path, text, "roster.yaml"))
    assert fault.startswith(place)
    assert "/posts/0/iscg/signs_in_as: must be the subject" in fault


def test_at_most_fifty_faults_are_shown_and_the_others_counted() -> None:
    many = [f"line {n}" for n in range(1, MOST_SHOWN + 8)]
    assert shown(many)[-1] == "… and 7 more"
    assert len(shown(many)) == MOST_SHOWN + 1
    assert shown(many[:MOST_SHOWN]) == many[:MOST_SHOWN]


RUBBISH = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "0", "-1", "1e9", "٣", "9" * 5000, "2026-02-30", "24:00", "Zürich", '"', "\x00", "mon mon", "NaN"]
    ),
)


@pytest.mark.parametrize("kind", TABLES)
@given(st.data())
def test_rubbish_in_any_column_of_a_table_never_ends_in_a_trace(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    read, heads, row = TABLES[kind]
    values = list(row)
    values[data.draw(st.integers(0, len(heads) - 1), "column")] = data.draw(RUBBISH, "value")
    separator = data.draw(st.sampled_from(",;\t"), "separator")
    path = tmp_path_factory.getbasetemp() / f"{kind}.csv"
    path.write_bytes("\n".join([separator.join(heads), separator.join(values)]).encode("utf-8", "surrogatepass"))
    try:
        read(path)
    except UnusableFile as refused:
        assert refused.faults


@pytest.mark.parametrize(
    ("read", "name"), [(read_registry_file, "registry.json"), (roster, "roster.json"), (partners, None)]
)
@given(st.data())
def test_rubbish_in_any_member_of_a_tree_never_ends_in_a_trace(
    read: Read, name: str | None, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = (SAMPLES / name if name else CASES / "directory-reunion.json").read_text("utf-8")
    start = data.draw(st.integers(0, len(text) - 1), "start")
    end = data.draw(st.integers(start, min(start + 12, len(text))), "end")
    path = tmp_path_factory.getbasetemp() / (name or "directory.json")
    changed = text[:start] + data.draw(RUBBISH, "value") + text[end:]
    path.write_bytes(changed.encode("utf-8", "surrogatepass"))
    try:
        read(path)
    except UnusableFile as refused:
        assert refused.faults


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for read, name in (
        (read_registry_file, "any.csv"),
        (roster, "any.csv"),
        (roster, "any.yaml"),
        (partners, "any.json"),
    ):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(data)
        with pytest.raises(UnusableFile):
            read(path)
