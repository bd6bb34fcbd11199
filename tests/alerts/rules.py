"""promtool reads the rules and the example of Prometheus' settings, and finds that each alert fires when it should."""

import pytest

from tests.alerts.timeline import OBSERVABILITY, promtool


@pytest.mark.parametrize(
    ("words", "file"),
    [("check rules", "alerts.yml"), ("check config", "prometheus.yml"), ("test rules", "alerts_test.yml")],
)
def test_promtool_finds_nothing_wrong(words: str, file: str) -> None:
    status, said = promtool(*words.split(), str(OBSERVABILITY / file))
    assert status == 0, said
