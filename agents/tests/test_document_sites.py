"""A website with its pages: which are read, what robots.txt keeps out, what reading it again changes."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from agents.knowledge import sites
from agents.models import Document, DocumentSite
from agents.tests.page_kit import Cast
from agents.tests.site_kit import Website, post_site, read_all
from automatos.private_hosts import parse
from workspaces.models import AuditEntry, Workspace
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def website(settings: Any) -> Iterator[Website]:
    site = Website()
    settings.OUTSIDE_PRIVATE_HOSTS = parse([site.root.removeprefix("http://")])
    site.page("/docs/", "Welcome.", "meals", "/docs/trains#second", "/blog/", "https://example.org/docs/", "logo.png")
    site.page("/docs/meals", "The allowance is 38 euros.", "/docs/", "secret/wages", "/docs/trains", "deep")
    site.page("/docs/trains", "Second class.", "javascript:void(0)", "mailto:a@example.org", "//[bad")
    site.page("/docs/deep", "Deeper.", "/docs/../blog/", "meals?page=2")
    site.page("/docs/meals?page=2", "More meals.")
    site.page("/docs/secret/wages", "Nobody reads this.")
    site.page("/blog/", "Outside.")
    site.pages["/robots.txt"] = (200, "User-agent: *\nDisallow: /docs/secret/\n")
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def company() -> Company:
    return Company()


def paths(website: Website) -> list[str]:
    rows = Document.objects.filter(deleted_at=None, status="ready")
    return sorted(url.removeprefix(website.root) for url in rows.values_list("url", flat=True))


def test_pages_below_the_address_are_read_and_found(company: Company, website: Website) -> None:
    site = post_site(company, f"{website.root}/docs/")
    assert paths(website) == ["/docs/", "/docs/deep", "/docs/meals", "/docs/meals?page=2", "/docs/trains"]
    assert (site["below"], site["page_count"]) == (f"{website.root}/docs/", 5)
    assert site["state"] == {
        "pages": 5, "waiting": 0, "failed": 0, "added": 0, "changed": 0,
        "left_out_by_robots": 1, "left_out_for_room": 0,
    }  # fmt: skip
    assert website.asked.count("/robots.txt") == 1
    assert not {"/docs/secret/wages", "/blog/", "/docs/logo.png"} & set(website.asked)
    _, hits = company.viewer.get("/api/documents/search?q=meal allowance")
    assert "38 euros" in " ".join(hit["text"] for hit in hits["items"])
    _, rows = company.viewer.get("/api/documents")
    assert {row["site_id"] for row in rows["items"]} == {site["id"]}


def test_at_most_so_many_pages_are_taken_and_the_rest_is_counted(company: Company, website: Website) -> None:
    site = post_site(company, f"{website.root}/docs/", most_pages=2)
    assert len(paths(website)) == 2
    assert (site["state"]["pages"], site["state"]["left_out_for_room"] > 0) == (2, True)
    # The same address again with more room reads more.
    site = post_site(company, f"{website.root}/docs/", most_pages=20)
    assert (len(paths(website)), DocumentSite.objects.count()) == (5, 1)
    for body, field in (
        ({"url": f"{website.root}/docs/", "most_pages": 0}, "most_pages"),
        ({"url": f"{website.root}/docs/", "most_pages": 201}, "most_pages"),
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "https://user:word@example.org/"}, "url"),
        ({"url": ""}, "url"),
    ):
        status, answer = company.editor.post("/api/document-sites", body)
        assert (status, list(answer["error"]["fields"])) == (400, [field]), answer


def test_reading_it_again_says_what_changed(company: Company, website: Website) -> None:
    site = post_site(company, f"{website.root}/docs/")
    website.page("/docs/meals", "The allowance is 42 euros.", "/docs/", "new")
    website.page("/docs/new", "New.")
    del website.pages["/docs/trains"]
    deleted = Document.objects.get(url=f"{website.root}/docs/deep")
    company.owner.delete(f"/api/documents/{deleted.pk}")
    status, now = company.editor.post(f"/api/document-sites/{site['id']}/refresh")
    assert (status, now["state"]["waiting"]) == (202, 4)
    read_all(company.workspace)
    _, now = company.viewer.get(f"/api/document-sites/{site['id']}")
    state = {name: now["state"][name] for name in ("pages", "changed", "added", "failed")}
    assert state == {"pages": 5, "changed": 1, "added": 1, "failed": 1}
    gone = Document.objects.get(url=f"{website.root}/docs/trains")
    assert (gone.status, "404" in gone.error, gone.chunk_count) == ("error", True, 1)
    # What somebody deleted does not come back by itself.
    assert "/docs/deep" not in paths(website)


@pytest.mark.parametrize(
    ("robots", "said"),
    [
        ((200, "User-agent: Automatos\nDisallow: /\n"), "asks programs not to read"),
        ((503, "Busy"), "could not be fetched"),
        ((200, "User-agent: *\nDisallow: /*docs\n"), "asks programs not to read"),
    ],
)
def test_a_website_that_wants_no_programs_is_not_read(
    company: Company, website: Website, robots: tuple[int, str], said: str
) -> None:
    website.pages["/robots.txt"] = robots
    post_site(company, f"{website.root}/docs/")
    row = Document.objects.get()
    assert (row.status, said in row.error) == ("error", True), row.error
    assert website.asked == ["/robots.txt"]


def test_redirects_stay_within_the_website_and_make_no_twins(company: Company, website: Website) -> None:
    website.pages["/start"] = (301, "/docs/")
    website.pages["/docs/old"] = (301, "/docs/meals")
    website.pages["/docs/away"] = (302, "/blog/")
    website.page("/docs/trains", "Second class.", "old", "away")
    site = post_site(company, f"{website.root}/start")
    # Where the first page stands in the end says which pages belong to it.
    assert (site["url"], site["below"]) == (f"{website.root}/docs/", f"{website.root}/docs/")
    assert "/docs/old" not in paths(website)
    away = Document.objects.get(url=f"{website.root}/docs/away")
    assert (away.status, "does not belong to" in away.error) == ("error", True)
    assert Document.objects.filter(url=f"{website.root}/docs/meals").count() == 1


def test_a_private_address_is_not_asked(company: Company, website: Website, settings: Any) -> None:
    settings.OUTSIDE_PRIVATE_HOSTS = parse([])
    post_site(company, f"{website.root}/docs/")
    assert (Document.objects.get().status, website.asked) == ("error", [])


def test_pages_that_ask_not_to_be_followed_are_not(company: Company, website: Website) -> None:
    website.page("/docs/", "Welcome.", "meals")
    status, body = website.pages["/docs/"]
    website.pages["/docs/"] = (status, f'<meta name="Robots" content="noindex, NoFollow">{body}')
    post_site(company, f"{website.root}/docs/")
    assert paths(website) == ["/docs/"]


def test_deleting_it_deletes_its_pages_which_can_be_restored(company: Company, website: Website) -> None:
    site = post_site(company, f"{website.root}/docs/")
    assert company.editor.delete(f"/api/document-sites/{site['id']}")[0] == 403
    assert company.owner.delete(f"/api/document-sites/{site['id']}")[0] == 204
    assert company.viewer.get("/api/documents")[1]["items"] == []
    assert Workspace.objects.get(pk=company.workspace.pk).storage_bytes == 0
    row = Document.objects.get(url=f"{website.root}/docs/meals")
    assert company.owner.post(f"/api/documents/{row.pk}/restore")[0] == 200
    actions = AuditEntry.objects.filter(action__startswith="document_site.").values_list("action", flat=True)
    assert set(actions) == {"document_site.created", "document_site.deleted"}
    assert company.viewer.get(f"/api/document-sites/{site['id']}")[0] == 404


def test_the_pages_show_how_it_stands(website: Website) -> None:
    cast = Cast()
    address = f"{cast.root}/knowledge/new/"
    answer = cast.editor.post(address, {"way": "site", "url": f"{website.root}/docs/", "most_pages": ""})
    assert (answer.status_code, "1 to 200" in answer.content.decode()) == (422, True)
    answer = cast.editor.post(address, {"way": "site", "url": f"{website.root}/docs/", "most_pages": "3"}, follow=True)
    read_all(cast.workspace)
    site = DocumentSite.objects.get()
    root = f"{cast.root}/knowledge/sites/{site.pk}/"
    page = cast.viewer.get(root).content.decode()
    assert "3 pages" in page
    assert "at most 3 pages are taken" in page
    assert "/docs/trains" in page
    assert str(site.pk) in cast.viewer.get(f"{cast.root}/knowledge/").content.decode()
    assert cast.viewer.post(f"{root}refresh/").status_code == 403
    assert cast.editor.post(f"{root}refresh/").status_code == 302
    read_all(cast.workspace)
    assert cast.editor.get(f"{root}delete/").status_code == 403
    assert "3 pages" in cast.owner.get(f"{root}delete/").content.decode()
    assert cast.owner.post(f"{root}delete/").status_code == 302
    assert not DocumentSite.objects.exists()


@pytest.mark.parametrize(
    ("url", "below", "fits"),
    [
        ("https://a.example/docs/", "https://a.example/docs/", True),
        ("http://a.example/docs", "https://a.example/docs/", True),
        ("https://a.example/docsother", "https://a.example/docs/", False),
        ("https://a.example/docs/%2E%2e/b", "https://a.example/docs/", False),
        ("https://a.example.evil/docs/", "https://a.example/docs/", False),
        ("https://a.example:8443/docs/", "https://a.example/docs/", False),
    ],
)
def test_what_belongs_to_a_website(url: str, below: str, fits: bool) -> None:
    assert sites.belongs(url, below) is fits


TIDIED: list[tuple[Callable[[str], str], str, str]] = [
    (sites.tidied, "HTTPS://A.Example:443/x#y", "https://a.example/x"),
    (sites.tidied, "https://a.example", "https://a.example/"),
    (sites.tidied, "https://a.example:99999/", ""),
    (sites.tidied, "javascript:alert(1)", ""),
    (sites.below_of, "https://a.example/docs/intro.html?x=1", "https://a.example/docs/"),
    (sites.below_of, "https://a.example/docs", "https://a.example/docs/"),
    (sites.below_of, "https://a.example", "https://a.example/"),
]


@pytest.mark.parametrize(("function", "given", "expected"), TIDIED)
def test_how_addresses_are_told_apart(function: Callable[[str], str], given: str, expected: str) -> None:
    assert function(given) == expected


def test_a_task_reads_on(company: Company, website: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    from agents.knowledge import tasks

    _, site = company.editor.post("/api/document-sites", {"url": f"{website.root}/docs/"})
    row = Document.objects.get()
    sent: list[tuple[UUID, float]] = []
    monkeypatch.setattr(tasks, "send_read", lambda _, document_id, later=0.0: sent.append((document_id, later)))
    tasks.read_document(str(company.workspace.pk), str(row.pk))
    new = Document.objects.exclude(pk=row.pk).filter(site_id=site["id"])
    assert {pk for pk, _ in sent} == set(new.values_list("pk", flat=True))
    assert [later for _, later in sent] == [0.5, 1.0]
