"""Documents and schemas say what the contract says."""

from pathlib import Path

import pytest

from shared.contracts import vocabulary
from shared.contracts.documents import ROOT, differing, documents, event_map, frozen_schemas, glossary, write
from shared.contracts.topics import EVENTS

FILES = documents() | frozen_schemas()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_is_committed_is_what_the_contract_says(path: Path) -> None:
    assert (ROOT / path).read_bytes() == FILES[path]


def test_no_schema_is_frozen_that_the_contract_no_longer_has() -> None:
    frozen = {path.relative_to(ROOT) for path in (ROOT / "tests/contracts/schemas").iterdir()}
    assert frozen == set(frozen_schemas())


def test_a_document_that_is_stale_or_missing_is_found(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert differing(FILES, tmp_path) == []
    [changed, lost] = [path for path in FILES if path.suffix == ".md"]
    (tmp_path / changed).write_text("something else")
    (tmp_path / lost).unlink()
    assert differing(FILES, tmp_path) == [changed, lost]


def test_the_event_map_names_every_event_and_its_members() -> None:
    page = event_map()
    assert all(f"`{event.type}`" in page and f"`{event.__name__}`" in page for event in EVENTS)


def test_the_glossary_prints_every_code_with_its_label() -> None:
    page = glossary()
    assert all(f"| `{ground}` | {ground.label} |" in page for ground in vocabulary.LegalGround)
    assert all(f"| `{code}` | {code.label} |" in page for code in vocabulary.FaultCode)
