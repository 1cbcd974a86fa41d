"""Texts for yes and no in cells of tables, in lower case: those of people in several languages, and of spreadsheets."""

from __future__ import annotations

_YES = """1 1.0 true t yes y on ja j oui si s\u00ed s\u00ec sim tak ano \u00e1no da igen kyll\u00e4 evet
    \u03bd\u03b1\u03b9 \u306f\u3044 \u662f wahr vrai verdadero verdadeiro vero waar prawda sant sand tosi"""
_NO = """0 0.0 false f no n off nein non nee nej nie nao n\u00e3o ne nem ei hay\u0131r \u03cc\u03c7\u03b9 \u5426
    \u3044\u3044\u3048 falsch faux falso onwaar fa\u0142sz falskt falsk"""
YES_TEXTS, NO_TEXTS = frozenset(_YES.split()), frozenset(_NO.split())
