"""Submissions executed apart from who judges them.

`judge` evaluates the tests in a process that no code of a student runs in. The notebook runs in another (`executor`),
in a sandbox where the machine has one (`sandbox`); functions that have to do without repsim_core run in a third
(`by_hand`). What the tests look at is passed between them as plain values (`values`).
"""
