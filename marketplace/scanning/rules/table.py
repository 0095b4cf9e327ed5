"""All rules: what each is called, why it matters, what would clear it, and texts it must and must not be loud about."""

from marketplace.scanning.hits import Rule
from marketplace.scanning.rules.table_code import CODE_RULES
from marketplace.scanning.rules.table_prose import PROSE_RULES

RULES: dict[str, Rule] = {rule.id: rule for rule in sorted((*PROSE_RULES, *CODE_RULES), key=lambda rule: rule.id)}
