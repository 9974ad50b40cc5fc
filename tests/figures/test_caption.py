"""Captions to paste, and a report that includes figures."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gruviz.cells import LSTM
from gruviz.cli import main
from gruviz.figures import caption, draw, gates, save

from .made import TEXT, small_print
from .test_every_figure import EVERY, OWN, make

ARTICLE = r"""\documentclass[twocolumn]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{graphicx}
\begin{document}
Figures~\ref{fig:gates}, \ref{fig:cell} and \ref{fig:composition}.
%s
\end{document}
"""


def test_it_says_what_the_figure_says(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],))
    with run:
        page = gates(run, stop=60)
    assert caption(page) == f"Gates of rnn.l0, Sonnet 0. {small_print(page)}\n"
    markdown = caption(page, "markdown", "my figures/gates.png")
    assert markdown.startswith("![Gates of rnn.l0, Sonnet 0](my%20figures/gates.png)\n\n*Gates of rnn.l0")
    latex = caption(page, "latex", "figures/gates-2.pdf")
    assert r"\includegraphics[width=85mm]{figures/gates-2.pdf}" in latex
    assert r"\label{fig:gates-2}" in latex
    assert r"keep $\ge$ 0.9" in latex
    assert r"\includesvg" in caption(page, "latex", "gates.svg")
    odd = caption(page, "latex", "figures/Übung 100%#1.pdf")  # LaTeX would take half of it for a comment
    assert odd.startswith(
        "% LaTeX cannot read the name of the file: give it this one, Ubung-100-1.pdf\n\\begin{figure}"
    )
    assert "{Ubung-100-1.pdf}" in odd
    assert r"\label{fig:Ubung-100-1}" in odd
    assert "(a%20%281%29%25.png)" in caption(page, "markdown", "a (1)%.png")


def test_the_command_line_prints_it_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "run.h5", (TEXT[:120],))[0].close()
    words = ["export", str(tmp_path / "run.h5"), "gates", "-o", str(tmp_path / "a.pdf"), "--caption", "text"]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Gates of rnn.l0, Sonnet 0. run.h5")


@pytest.mark.parametrize("name", EVERY)
def test_latex_knows_every_sign(tmp_path: Path, name: str) -> None:
    """A name of somebody's own may hold anything; ours are signs that a plain LaTeX sets."""
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), cell=LSTM, names=["50% & $x_1$ #~^\\ {odd} <name>"])
    with run:
        latex = caption(draw(run, name, start=20, stop=70, **OWN.get(name, {})), "latex")
    assert latex.isascii()
    said = latex[latex.index(r"\caption{") :]
    bare = re.sub(r"\\([&%$#_{}])|\$[^$]*\$", "", said)
    assert not set(bare) & set("&%$#_^")
    assert bare.count("{") == bare.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX is installed")
def test_an_article_with_three_of_them_at_column_width(tmp_path: Path) -> None:
    run, _ = make(tmp_path / "run.h5", (TEXT[:120],), names=["50% & $x_1$ #~^\\ {odd} <name>"])
    pasted = []
    with run:
        for name in ("gates", "cell", "composition"):
            page = draw(run, name, start=20, stop=70, width=80, **OWN.get(name, {}))
            pasted.append(caption(page, "latex", save(page, tmp_path / f"{name}.pdf").name))
    (tmp_path / "article.tex").write_text(ARTICLE % "\n".join(pasted))
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "article.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert "undefined" not in done.stdout
    assert "Overfull" not in done.stdout
    assert "PDF inclusion" not in done.stdout
