"""Thresholds of the advice, each beside the source that it is taken or derived from."""

BALANCED = 0.4
MILD = 0.2
EXTREME = 0.01
"""Shares of a class among its rows and those of the largest: above the first leave it alone, above
the second it is mild, below the last extreme. So SMOTE's range is 80:20 to 99:1."""
BANDS = "Google for Developers, Imbalanced datasets (mild 20-40%, moderate 1-20%, extreme below 1%)"
LITTLE_HARM = "He & Garcia 2009, Learning from imbalanced data, IEEE TKDE 21(9)"

FEWEST_NEIGHBOURS = 5
FEWEST_ROWS = 10
"""Distinct rows of a class: SMOTE was introduced with 5 neighbours, so a 6th row is the least; with
fewer than 10 half the class is everyone's neighbour."""
SMOTE = "Chawla et al. 2002, SMOTE, JAIR 16 (k = 5)"
SMOTE_NC = "Chawla et al. 2002, SMOTE, JAIR 16, section 6.1 (SMOTE-NC) and 6.2 (SMOTE-N)"
RARITY = "Weiss 2004, Mining with rarity, SIGKDD Explorations 6(1)"

SAFE = 0.7
BORDERLINE = 0.3
"""Shares of own-class rows among the neighbours: with k = 5, safe has 4 or 5 of them, borderline 2
or 3, rare 1 and an outlier none."""
SCATTERED = 0.5
"""Share of rare and outlying rows from which on most new rows would lie among other classes."""
DISPUTED = 0.3
"""Share of borderline rows from which on the border is worth a method of its own."""
TYPES = "Napierala & Stefanowski 2016, Types of minority class examples, JIIS 46(3)"
BORDERLINE_SMOTE = "Han, Wang & Mao 2005, Borderline-SMOTE, ICIC"

CONTRAST = 0.75
"""Nearest / mean distance: what 10,000 rows of some 100 independent normal columns show."""
MEANINGLESS = "Beyer et al. 1999, When is nearest neighbor meaningful?, ICDT"

BASELINES = "Elor & Averbuch-Elor 2022, To SMOTE, or not to SMOTE?, arXiv:2201.08528"

LEAK = 0.99
LEAKS = "Kaufman et al. 2012, Leakage in data mining, ACM TKDD 6(4)"
