"""Names that are meant to harm: none of them is one, and no statement leaves for them."""

HOSTILE = [
    "ml; drop table x", "ml results", "ml-results", "ml'results", 'ml"results', "ml`", "ml/*", "ml--", "--", ";", "'",
    '"', '""', '"a', 'a"', '"a"b', '"a""; drop table x; --"', "", " ", ".", "a.b.c.d", "a..b", ".a", "a.", "1a", "$a",
    "@a", "#a", "a b", "a\tb", "a\nb", "a\rb", "a\x00b", "a;b", "a)", "(select 1)", "a,b", "a=b", "a or 1=1", "../x",
    "a\\b", "%s", "{0}", "?", "a?", "schéma", "ﬁ", "a\u2028b", "ml_results;--", "ml_results/**/",
    "x' UNION SELECT password FROM users --",
    '"new\nline"', "a" * 200, '"' + "a" * 200 + '"',
]  # fmt: skip
