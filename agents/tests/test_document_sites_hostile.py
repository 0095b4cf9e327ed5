"""Websites that lead elsewhere, twist their rules, or change while they are read; and whom their new pages go to."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agents.knowledge import ingest as knowledge_ingest
from agents.knowledge import site_pages, sites
from agents.knowledge.site_services import add_site
from agents.models import AgentDocument, Document, DocumentSite
from agents.tests.site_kit import Website, post_site, read_all
from automatos.private_hosts import parse
from automatos.tests.threads import wait_for_a_waiter
from workspaces.limits.plans import require_storage
from workspaces.models import AuditEntry, Workspace
from workspaces.scope.tenancy import workspace_scope
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere() -> Iterator[Website]:
    """A website on another host."""
    site = Website()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def website(settings: Any, elsewhere: Website) -> Iterator[Website]:
    site = Website()
    settings.OUTSIDE_PRIVATE_HOSTS = parse([one.root.removeprefix("http://") for one in (site, elsewhere)])
    site.page("/docs/", "Welcome.", "meals", "trains")
    site.page("/docs/meals", "The allowance is 38 euros.", "/docs/", "trains")
    site.page("/docs/trains", "Second class.", "/docs/")
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def company() -> Company:
    return Company()


def refreshed(company: Company, site: dict[str, Any]) -> dict[str, Any]:
    assert company.editor.post(f"/api/document-sites/{site['id']}/refresh")[0] == 202
    read_all(company.workspace)
    return dict(company.viewer.get(f"/api/document-sites/{site['id']}")[1])


def stored(company: Company) -> int:
    return Workspace.objects.get(pk=company.workspace.pk).storage_bytes


def sizes() -> int:
    return sum(Document.objects.filter(deleted_at=None).values_list("size", flat=True))


def test_another_host_that_the_first_page_leads_to_is_asked_for_its_own_rules(
    company: Company, website: Website, elsewhere: Website
) -> None:
    website.pages["/start"] = (301, f"{elsewhere.root}/docs/")
    elsewhere.page("/docs/", "Welcome.", "open", "secret/wages")
    elsewhere.page("/docs/open", "Open.")
    elsewhere.page("/docs/secret/wages", "Nobody reads this.")
    elsewhere.pages["/robots.txt"] = (200, "User-agent: *\nDisallow: /docs/secret/\n")
    site = post_site(company, f"{website.root}/start")
    assert (site["url"], site["state"]["left_out_by_robots"]) == (f"{elsewhere.root}/docs/", 1)
    assert "/docs/secret/wages" not in elsewhere.asked
    elsewhere.pages["/robots.txt"] = (200, "User-agent: *\nDisallow: /\n")
    company.owner.delete(f"/api/document-sites/{site['id']}")
    elsewhere.asked.clear()
    post_site(company, f"{website.root}/start")
    row = Document.objects.get(deleted_at=None)
    assert elsewhere.asked == ["/robots.txt"]
    assert (row.status, "asks programs not to read" in row.error, row.text) == ("error", True, ""), row.error


def test_a_page_that_leads_to_one_that_robots_keep_out_is_not_kept(company: Company, website: Website) -> None:
    website.pages["/robots.txt"] = (200, "User-agent: *\nDisallow: /docs/secret/\n")
    website.page("/docs/secret/wages", "Nobody reads this.")
    website.pages["/docs/meals"] = (302, "/docs/secret/wages")
    post_site(company, f"{website.root}/docs/")
    row = Document.objects.get(url=f"{website.root}/docs/meals")
    assert (row.status, "asks programs not to read" in row.error, row.text) == ("error", True, ""), row.error
    assert "/docs/secret/wages" not in website.asked


def test_the_address_that_was_written_is_known_again(company: Company, website: Website) -> None:
    website.pages["/start"] = (301, "/docs/")
    first = post_site(company, f"{website.root}/start")
    assert post_site(company, f"{website.root}/start")["id"] == first["id"]
    assert post_site(company, f"{website.root}/docs/")["id"] == first["id"]
    website.pages["/begin"] = (301, "/docs/")
    post_site(company, f"{website.root}/begin")
    row = Document.objects.get(url=f"{website.root}/begin")
    assert "a website that is there already" in row.error
    assert Document.objects.filter(url=f"{website.root}/docs/meals").count() == 1


def test_a_page_that_becomes_another_one_gives_its_room_back_and_is_asked_for_once(
    company: Company, website: Website
) -> None:
    website.page("/docs/old", "Old words of some length.")
    website.page("/docs/", "Welcome.", "meals", "trains", "old")
    website.page("/docs/meals", "The allowance is 38 euros.", "old")
    website.page("/docs/trains", "Second class.", "old")
    site = post_site(company, f"{website.root}/docs/")
    assert stored(company) == sizes()
    website.pages["/docs/old"] = (301, "/docs/meals")
    website.asked.clear()
    refreshed(company, site)
    assert not Document.objects.filter(url=f"{website.root}/docs/old").exists()
    assert (stored(company), website.asked.count("/docs/old")) == (sizes(), 1)


def test_addresses_left_out_are_counted_once_however_many_pages_name_them(company: Company, website: Website) -> None:
    website.pages["/robots.txt"] = (200, "User-agent: *\nDisallow: /docs/secret/\n")
    menu = ("/docs/", "meals", "trains", "secret/a", "secret/b", "more", "most")
    for path in ("/docs/", "/docs/meals", "/docs/trains"):
        website.page(path, "Words.", *(f"/docs/{one}" if one[0] != "/" else one for one in menu))
    site = post_site(company, f"{website.root}/docs/", most_pages=3)
    state = site["state"]
    assert (state["pages"], state["left_out_by_robots"], state["left_out_for_room"]) == (3, 2, 2)


def test_addresses_that_no_database_holds_or_that_are_too_long_spoil_no_page(
    company: Company, website: Website
) -> None:
    long = "x" * (2000 - len(f"{website.root}/docs/"))
    website.page("/docs/", "Welcome.", "meals", "a&#xD800;b", "a&#0;b", long, f"?q={long[:-3]}")
    post_site(company, f"{website.root}/docs/")
    assert Document.objects.get(url=f"{website.root}/docs/").status == "ready"
    assert Document.objects.filter(url=f"{website.root}/docs/meals").exists()
    for url in (f"{website.root}/docs/{long}", f"{website.root}/{long}", f"{website.root}?{long}"):
        for length in (1988, 1990, 2000):
            status, body = company.editor.post("/api/document-sites", {"url": url[:length]})
            assert status in (201, 400), body


def test_a_robots_txt_of_half_a_megabyte_is_read_once_for_all_links(company: Company, website: Website) -> None:
    rules = "".join(f"Disallow: /no{number}/\n" for number in range(20_000))
    website.pages["/robots.txt"] = (200, f"User-agent: *\n{rules}")
    website.page("/docs/", "Welcome.", *(f"page{number}" for number in range(1_900)))
    parsed = sites._parsed.cache_info()
    post_site(company, f"{website.root}/docs/", most_pages=1)
    assert sites._parsed.cache_info().misses - parsed.misses <= 1
    assert Document.objects.get().status == "ready"


def test_new_pages_go_to_the_agents_that_have_all_pages(company: Company, website: Website) -> None:
    site = post_site(company, f"{website.root}/docs/")
    whole, part = company.agent(name="Whole")["id"], company.agent(name="Part")["id"]
    ids = [str(row.pk) for row in Document.objects.all()]
    company.editor.put(f"/api/agents/{whole}/documents", {"document_ids": ids})
    company.editor.put(f"/api/agents/{part}/documents", {"document_ids": ids[:2]})
    website.page("/docs/meals", "The allowance is 42 euros.", "/docs/", "new")
    website.page("/docs/new", "New.", "newer")
    website.page("/docs/newer", "Newer.")
    refreshed(company, site)
    has = {key: company.viewer.get(f"/api/agents/{key}/documents")[1]["items"] for key in (whole, part)}
    assert (len(has[whole]), len(has[part])) == (5, 2)
    said = AuditEntry.objects.filter(action="agent.documents_changed").latest("seq").after
    assert said == {"website": f"{website.root}/docs/", "new_pages": [f"{website.root}/docs/newer"]}
    _, hits = company.viewer.get(f"/api/documents/search?q=newer&agent_id={whole}")
    assert "Newer." in " ".join(hit["text"] for hit in hits["items"])


def test_an_agent_gets_no_more_documents_than_one_may_have(
    company: Company, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = post_site(company, f"{website.root}/docs/")
    agent = company.agent()["id"]
    ids = [str(row.pk) for row in Document.objects.all()]
    company.editor.put(f"/api/agents/{agent}/documents", {"document_ids": ids})
    monkeypatch.setattr(site_pages, "MOST_OF_AGENT", 4)
    website.page("/docs/meals", "Meals.", "new", "newer")
    website.page("/docs/new", "New.")
    website.page("/docs/newer", "Newer.")
    refreshed(company, site)
    assert AgentDocument.objects.filter(agent_id=agent).count() == 4


def test_a_website_that_asks_for_time_is_read_a_page_at_a_time(company: Company, website: Website) -> None:
    website.pages["/robots.txt"] = (200, "User-agent: *\nCrawl-delay: 7\nDisallow:\n")
    company.editor.post("/api/document-sites", {"url": f"{website.root}/docs/"})
    first = Document.objects.get()
    following = knowledge_ingest.run_read(company.workspace.pk, first.pk)
    assert [later for _, later in following] == [7.0]
    (second,) = (pk for pk, _ in following)
    others = list(Document.objects.filter(status="waiting").values_list("pk", flat=True))
    assert (len(others), second in others) == (2, True)
    # Whoever comes too early, as another worker or the sweep, asks for nothing and loses no attempt.
    asked = list(website.asked)
    for pk in others:
        assert knowledge_ingest.run_read(company.workspace.pk, pk) == []
    waiting = Document.objects.filter(pk__in=others)
    assert (website.asked, set(waiting.values_list("status", "attempts"))) == (asked, {("waiting", 0)})
    past = timezone.now() - timedelta(minutes=10)
    waiting.update(updated_at=past)
    assert knowledge_ingest.begin_lost() == []
    # Once its time has come, it is read, and brings about the last one.
    DocumentSite.objects.update(next_page_at=timezone.now())
    following = knowledge_ingest.run_read(company.workspace.pk, second)
    assert [pk for pk, _ in following] == [pk for pk in others if pk != second]
    # The worker that was to read it is lost: the sweep has it read.
    DocumentSite.objects.update(next_page_at=past)
    assert [pk for _, pk in knowledge_ingest.begin_lost()] == [pk for pk, _ in following]
    assert knowledge_ingest.run_read(company.workspace.pk, following[0][0]) == []
    assert set(Document.objects.values_list("status", flat=True)) == {"ready"}


@pytest.mark.parametrize(
    ("robots", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 86400", 30.0),
        ("User-agent: *\nCrawl-delay: 1e308", 30.0),
        ("User-agent: *\nCrawl-delay: -5", 0.0),
        ("User-agent: *\nCrawl-delay: nan", 0.0),
        ("User-agent: Automatos\nCrawl-delay: 2\n\nUser-agent: *\nCrawl-delay: 9", 2.0),
        ("User-agent: other\nCrawl-delay: 9", 0.0),
    ],
)
def test_how_long_a_website_may_have_us_wait(robots: str, seconds: float) -> None:
    assert sites.Rules("https://a.example/", "https://a.example/", robots).delay == seconds


def test_a_website_deleted_while_a_page_is_read_leaves_nothing_behind(
    company: Company, website: Website, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Before its rules are looked up, and after the page came: a page that is brought back meanwhile is read alone."""
    site = post_site(company, f"{website.root}/docs/")
    company.editor.post(f"/api/document-sites/{site['id']}/refresh")
    rows = list(Document.objects.order_by("created_at"))
    rules_of = sites.rules_of

    def deleted_first(document: Document) -> Any:
        company.owner.delete(f"/api/document-sites/{site['id']}")
        return rules_of(document)

    monkeypatch.setattr(sites, "rules_of", deleted_first)
    assert knowledge_ingest.run_read(company.workspace.pk, rows[0].pk) == []
    monkeypatch.undo()
    assert (stored(company), DocumentSite.objects.count(), "broke" in caplog.text) == (0, 0, False)
    assert company.owner.post(f"/api/documents/{rows[0].pk}/restore")[0] == 200
    read_all(company.workspace)
    row = Document.objects.get(pk=rows[0].pk)
    assert (row.status, row.site_id, stored(company)) == ("ready", None, row.size)


@pytest.mark.django_db(transaction=True)
def test_adding_an_address_again_while_its_pages_are_kept_locks_nobody_out(company: Company, website: Website) -> None:
    """Whoever keeps a page holds the website, then its workspace; whoever adds it again waits for the first."""
    site = post_site(company, f"{website.root}/docs/")
    document, errors = Document.objects.first(), list[Exception]()
    assert document is not None

    def add_again() -> None:
        try:
            with workspace_scope(company.workspace.pk):
                add_site(workspace=company.workspace, user=None, url=site["url"])
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=add_again)
    with workspace_scope(company.workspace.pk):
        site_pages.hold(document)
        thread.start()
        wait_for_a_waiter()
        require_storage(company.workspace, 1)
    thread.join()
    assert errors == []
