"""`relais-verify`: one question, one verdict in two languages, one exit status."""

import argparse
import sys
from pathlib import Path

from relais_verify.bundle import check_bundle
from relais_verify.memory import Grown, last_seen, not_shown, remember
from relais_verify.mirror import Mirror
from relais_verify.notes import COSIGNATURE, Checkpoint, decoded, read_key
from relais_verify.proof import check_proof
from relais_verify.tree import check_consistency
from relais_verify.verdicts import HOLDS, UNREADABLE, Refused


def main(arguments: list[str] | None = None) -> int:
    """Check what is named, and say what was found. The exit status tells the verdict."""
    given = _parser().parse_args(arguments)
    try:
        where = _check(given)
        verdict = HOLDS
    except Refused as refused:
        verdict, where = refused.verdict, refused.where
    except (OSError, UnicodeDecodeError) as error:
        verdict, where = UNREADABLE, f"{given.what} can't be read: {type(error).__name__}"
    out = sys.stderr if verdict.status else sys.stdout
    out.write(f"{verdict.code}: {where}\nfr: {verdict.fr}\nen: {verdict.en}\n")
    return verdict.status


def _check(given: argparse.Namespace) -> str:
    witnesses = tuple(read_key(each, COSIGNATURE) for each in given.witness)
    key, what = read_key(given.key)._replace(witnesses=witnesses), Path(given.what)
    if what.is_dir():
        mirror = Mirror(what, key)
        checked = mirror.check(last_seen(given.remember, key.name))  # also that it has only grown since
        remember(mirror.checkpoint, lambda _before: None, given.remember)
        return f"{mirror.checkpoint.origin}: {checked}"
    if given.line:
        checkpoint, checked = check_proof(what, given.line, key)
    else:
        checkpoint, checked = check_bundle(what, key)
    remember(checkpoint, _by_proof(checkpoint, given.consistency), given.remember)
    return f"{checkpoint.origin}: {checked}"


def _by_proof(now: Checkpoint, file: Path | None) -> Grown:
    if file is None:
        return not_shown

    def grown(before: Checkpoint) -> None:
        try:
            path = [decoded(line) for line in file.read_text("utf-8").splitlines()]
        except ValueError:
            raise Refused(UNREADABLE, "the file of --consistency is no list of hashes") from None
        check_consistency((before.size, before.root), (now.size, now.root), path)

    return grown


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "relais-verify",
        description="Check offline what the log of a Relais has handed out: a bundle, a proof, or a mirrored log.",
        epilog="Example: relais-verify export.zip --key 'audit.example/log/2026+…' --remember seen.jsonl",
    )
    parser.add_argument("what", help="a bundle (.zip), a .tlog-proof file, or the folder of a mirrored log")
    parser.add_argument("--key", required=True, help="the log's key, name+id+key, from somebody you trust")
    parser.add_argument("--witness", action="append", default=[], metavar="KEY", help="who must have signed, too")
    parser.add_argument("--line", type=Path, metavar="FILE", help="the line that the .tlog-proof file is about")
    parser.add_argument("--remember", type=Path, metavar="FILE", help="keep what was seen, and compare with it")
    parser.add_argument("--consistency", type=Path, metavar="FILE", help="the log's proof that it only grew")
    return parser
