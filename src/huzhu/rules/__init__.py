"""The rules engine: typed expressions, dated cited parameters, decisions and their explanations. No Django, no I/O."""

from huzhu.rules.authoring import Draft, EventRules, Gives, Limit, Record, Rule, Valid, fact
from huzhu.rules.errors import FactError, RuleError
from huzhu.rules.expressions import (
    Node,
    add_months,
    add_years,
    const,
    days,
    divide,
    fact_or,
    fen,
    greatest,
    known,
    least,
    month_of,
    months,
    per_mille,
    prefix,
    share,
    switch,
    when,
    years,
)
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Program
from huzhu.rules.texts import Lang, Text

__all__ = [
    "Draft", "EventRules", "FactError", "Gives", "Kind", "Lang", "Limit", "Node", "Program", "Record", "Rule", "RuleError",
    "Text", "Valid", "add_months", "add_years", "const", "days", "divide", "fact", "fact_or", "fen", "greatest", "known",
    "least", "month_of", "months", "per_mille", "prefix", "share", "switch", "when", "years",
]  # fmt: skip
