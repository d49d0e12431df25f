"""`kernel-lab naming predict`: the shape that scripts rely on, and the same answers as `predict`."""

import json

import pytest

from lab.cli import main
from lab.naming import open_source, predict
from lab.naming.prediction import predict_all, prediction_table, schemes_asked
from lab.naming.schemes import POLICIES
from lab.naming.schemes.releases import release

KEYS = ["ifname", "devpath", "driver", "mac", "names", "provenance", "uncertain"]


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["naming", "predict", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_contract_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = asked(capsys, "t13", "--scheme", "all", "--systemd", "257", "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert [list(i) for i in answer] == [KEYS] * 2
    assert [i["devpath"] for i in answer] == sorted(i["devpath"] for i in answer)
    assert all(i["devpath"].startswith("/devices") and i["ifname"] != "lo" for i in answer)
    for interface in answer:
        assert list(interface["names"]) == list(interface["provenance"]) == list(release(257).schemes)
        assert interface["names"]["v245"]["SLOT"] == "ens2"
        assert "SLOT" not in interface["names"]["v247"]
        assert interface["uncertain"] == []
        for by_policy in interface["provenance"].values():
            assert list(by_policy) == list(POLICIES)
            for evidence in by_policy.values():
                assert evidence
                assert all(list(e) == ["path", "value", "rule", "verdict"] for e in evidence)
                assert {e["verdict"] for e in evidence} <= {"used", "refused", "unreadable"}


def test_the_default_is_the_newest_release_and_its_scheme_and_never_the_hosts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = asked(capsys, "t01", "--json")
    assert {key for i in json.loads(out) for key in i["names"]} == {"v261"}
    _, out, _ = asked(capsys, "t01", "--systemd", "252", "--json")
    assert {key for i in json.loads(out) for key in i["names"]} == {"v252"}


def test_before_schemes_there_is_one_key(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--scheme", "all"]):
        _, out, _ = asked(capsys, "t01", "--systemd", "232", *words, "--json")
        assert all(list(i["names"]) == ["systemd-232"] for i in json.loads(out))


@pytest.mark.parametrize(
    "words",
    [
        ["t01", "--scheme", "v999"],
        ["t01", "--scheme", "v242"],  # systemd itself warns and falls back
        ["t01", "--systemd", "252", "--scheme", "v257"],
        ["t01", "--systemd", "232", "--scheme", "v238"],
        ["t01", "--systemd", "263"],
        ["t01", "--systemd", "3"],
        ["no-such-recording"],
    ],
)
def test_bad_input_is_one_line_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = asked(capsys, *words, "--json")
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_as_predict_says() -> None:
    machine = open_source("t06")
    which = release(257)
    for found in predict_all(machine, schemes_asked(which, "all")):
        for name, scheme in which.schemes.items():
            assert found.offered[name] == predict(machine, found.interface, scheme)


def test_equal_schemes_share_a_row() -> None:
    found = predict_all(open_source("t13"), schemes_asked(release(262), "all"))
    rows = prediction_table(found, "").rows
    assert [row[1] for row in rows] == ["v238–v245", "v247–v261"] * 2


def test_what_is_uncertain_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    from lab.core.dataset import find

    export = str(find("naming/t09b").path / "export-db.txt")
    _, out, _ = asked(capsys, export, "--systemd", "257", "--scheme", "v247", "--json")
    answer = json.loads(out)
    assert answer
    for interface in answer:
        assert interface["uncertain"]
        assert all(
            list(u) == ["scheme", "policy", "missing", "reason"] and u["scheme"] == "v247"
            for u in interface["uncertain"]
        )
