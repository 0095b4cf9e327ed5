"""What subtasks may ask of agents, by name, and the words by which it is known in a text."""

import re
from collections.abc import Iterable

# Beginnings of words, blank between them.
CAPABILITIES: dict[str, str] = {
    "research": "research investigat find source background literature study",
    "web_research": "web website internet online url site page browse competitor news",
    "writing": "write writing draft article text story brief letter blog essay report",
    "editing": "edit proofread rewrite shorten polish concise",
    "summarisation": "summar condens digest abstract key main point",
    "translation": "translat portuguese spanish german french italian japanese chinese language",
    "data_analysis": "data analy statistic figure metric trend csv dataset correlation",
    "spreadsheets": "spreadsheet excel csv table pivot",
    "sql": "sql database query table postgres",
    "calculation": "calculat sum total compute percent math arithmetic budget price",
    "visualisation": "chart graph plot visual diagram dashboard",
    "coding": "code program implement function script develop software python javascript",
    "code_review": "review pull diff commit lint refactor",
    "testing": "test qa assert coverage regression bug",
    "devops": "deploy docker kubernetes pipeline release infrastructure server incident monitor log",
    "security": "security vulnerab threat attack penetration encrypt audit",
    "architecture": "architect design system scalab component interface",
    "documentation": "document manual readme guide api reference tutorial",
    "planning": "plan roadmap milestone schedule agenda organis organiz timeline",
    "project_management": "project task deadline stakeholder status meeting minutes",
    "marketing": "market campaign brand audience advert promotion newsletter slogan product",
    "seo": "seo keyword ranking search engine",
    "social_media": "social tweet linkedin instagram post hashtag",
    "sales": "sale lead prospect deal quote outreach pitch crm",
    "customer_support": "support ticket complain customer refund helpdesk troubleshoot",
    "legal": "legal contract law clause complian gdpr privacy licence license terms",
    "finance": "financ invoice account tax revenue cost budget forecast profit",
    "hr": "hire hiring candidate recruit employee onboard interview resume",
    "education": "teach lesson student course quiz curriculum learn",
    "explanation": "explain describe clarify simple what why how",
    "comparison": "compar versus difference contrast rank pros cons",
    "reasoning": "reason cause judge decide evaluat weigh assess recommend",
    "fact_checking": "fact check verify true claim evidence",
    "extraction": "extract parse pull list collect gather field",
    "classification": "classif categor label sort tag triage",
    "communication": "message announce reply present communicat",
    "email": "email mail inbox",
    "design": "design layout colour color logo visual interface ux",
    "brainstorming": "idea brainstorm invent creative name suggest",
    "question_answering": "answer question reply look up",
}
WORD = re.compile(r"[^\W\d_]{2,}")


def capabilities_in(text: str) -> list[str]:
    """The capabilities whose words a text has, those with most of them first."""
    words = [word.lower() for word in WORD.findall(text)]
    hits = {name: _hits(starts.split(), words) for name, starts in CAPABILITIES.items()}
    return sorted((name for name, number in hits.items() if number), key=lambda name: -hits[name])


def _hits(starts: Iterable[str], words: Iterable[str]) -> int:
    kept = tuple(starts)
    return sum(word.startswith(kept) for word in words)
