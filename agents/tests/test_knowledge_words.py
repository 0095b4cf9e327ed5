"""Words of every language are found, in other endings and in writing without blanks."""

import pytest

from agents.knowledge import search as knowledge_search
from agents.tests.test_api_documents import added
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Клиент может вернуть товар на складе.", "товары склада"),
        ("Die Rückgaben nimmt jede Filiale an.", "Rückgabe"),
        ("顾客可以在三十天内申请退款。", "怎么退款"),
        ("商品到着後三十日以内に返品できます。", "返品の方法"),
    ],
)
def test_a_word_is_found_in_another_form(text: str, question: str) -> None:
    company = Company()
    row = added(company, text)
    added(company, "Nothing of it stands here.", "Other")
    scope = knowledge_search.scope_of(company.workspace.pk)
    hits = knowledge_search.search(scope, knowledge_search.asked(question, scope), 5, "words")
    assert [str(hit.document_id) for hit in hits] == [row["id"]]
