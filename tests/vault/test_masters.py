from pathlib import Path

import pytest

from shared.vault import MasterFiles, UnusableMaster, new_master


@pytest.fixture
def a_master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "contact.key"
    path.write_bytes(new_master())
    monkeypatch.setenv("RELAIS_MASTER_CONTACT_FILE", str(path))
    return path


def test_a_service_reads_only_the_masters_it_may_use(a_master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAIS_MASTER_FILE_FILE", "/nowhere")
    masters = MasterFiles().read(["contact"])
    assert {name: master.get_secret_value() for name, master in masters.items()} == {"contact": a_master.read_bytes()}


def test_masters_show_themselves_in_no_repr(a_master: Path) -> None:
    assert repr(a_master.read_bytes()) not in repr(MasterFiles().read(["contact"]))


def test_a_missing_master_is_told_in_one_sentence() -> None:
    with pytest.raises(UnusableMaster, match="RELAIS_MASTER_SET_ASIDE_FILE is not set: it names"):
        MasterFiles().read(["set-aside"])


def test_a_master_file_that_is_not_there_is_told_in_one_sentence(a_master: Path) -> None:
    a_master.unlink()
    with pytest.raises(UnusableMaster, match=r"RELAIS_MASTER_CONTACT_FILE: .*can't be read"):
        MasterFiles().read(["contact"])


@pytest.mark.parametrize("size", [0, 95, 97])
def test_a_master_of_another_size_is_refused_in_one_sentence(a_master: Path, size: int) -> None:
    a_master.write_bytes(bytes(size))
    with pytest.raises(UnusableMaster, match=f"exactly 96 bytes, it holds {size}"):
        MasterFiles().read(["contact"])
