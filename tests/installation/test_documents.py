"""Documents that show a setting or a command keep up with the code."""

import re
from pathlib import Path

import pytest

from tests.environment import ROOT, documented_settings

pytestmark = pytest.mark.any_database

READ = re.compile(r"""env(?:\.\w+)?\(\s*["']([A-Z][A-Z0-9_]*)["']""")
# Read by the start of `make run`, by docker compose, or by uvicorn.
READ_ELSEWHERE = {
    "DEMO_PASSWORD",
    "PORT",
    "SANDBOX_PORT",
    "SANDBOX_TRAFFIC_PER_SECOND",
    "POSTGRES_PASSWORD",
    "FORWARDED_ALLOW_IPS",
}


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def settings_read(path: str) -> set[str]:
    return set(READ.findall(text(path)))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), flags=re.MULTILINE))


def test_every_setting_is_explained_in_the_example() -> None:
    assert settings_read("aaa_dashboard/settings.py") - set(documented_settings()) == set()


def test_every_setting_of_the_sandbox_is_explained_in_its_document() -> None:
    explained = set(re.findall(r"SANDBOX_[A-Z_]+", text("docs/sandbox.md")))
    assert settings_read("aaa_dashboard/sandbox/settings.py") - explained == set()


def test_the_example_explains_nothing_that_is_not_read() -> None:
    assert set(documented_settings()) - settings_read("aaa_dashboard/settings.py") - READ_ELSEWHERE == set()


def test_the_example_explains_each_setting_once() -> None:
    names = documented_settings()
    assert sorted(names) == sorted(set(names))


def test_defaults_in_the_example_are_those_of_the_code() -> None:
    shown = dict(re.findall(r"^#([A-Z_]+)=(\d+)$", text(".env.example"), flags=re.MULTILINE))
    source = text("aaa_dashboard/settings.py")
    for name, value in shown.items():
        if found := re.search(rf'"{name}", default=([\d_* ]+)[,)]', source):
            factors = [int(factor) for factor in found[1].split("*")]
            product = 1
            for factor in factors:
                product *= factor
            assert product == int(value), name


@pytest.mark.parametrize(
    "document", ["README.md", "CHANGELOG.md", *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md"))]
)
def test_documents_name_make_targets_that_exist(document: str) -> None:
    assert set(re.findall(r"`make ([a-z-]+)", text(document))) <= make_targets()
    assert set(re.findall(r"^make ([a-z-]+)", text(document), flags=re.MULTILINE)) <= make_targets()


@pytest.mark.parametrize("document", ["README.md", *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md"))])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text(document)):
        assert Path(folder, target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("document", ["README.md", *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md"))])
def test_modules_are_run_by_the_python_that_has_the_packages(document: str) -> None:
    shown = re.findall(r"([\w./]*python3?) -m aaa_dashboard", text(document))
    assert set(shown) <= {".venv/bin/python"}
