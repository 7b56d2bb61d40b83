"""Crawls in the admin: who may do what, and what each button does."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from catalog.models import Label, Product, Source
from crawlers.models import CategoryRule, Crawl, CrawlRun
from crawlers.storing import Storing
from jobs.needs import needs_of
from tests.crawlers.running import make_run
from tests.crawlers.test_endings import ALL, crawl, on_shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    user = User.objects.create_user("owner", password="a long enough one", is_staff=True)
    user.groups.add(Group.objects.get(name="Owners"))
    return user


@pytest.fixture
def admin(owner: User, client: Client) -> Client:
    client.force_login(owner)
    return client


def page(run: CrawlRun) -> str:
    return reverse("admin:crawlers_crawlrun_change", args=[run.pk])


def press(client: Client, deed: str, run: CrawlRun) -> CrawlRun:
    """Press a button of a run's page; return the run as it is then."""
    answer = client.post(reverse(f"admin:crawlers_crawlrun_{deed}", args=[run.pk]))
    assert answer.status_code == 302, answer.content
    run.refresh_from_db()
    return run


def test_it_works(admin: Client) -> None:
    run = crawl(*ALL, created=20)
    text = admin.get(page(run)).content.decode()
    assert "Crawl of a shop" in text
    assert "Products: 20 · New: 20" in text
    listed = admin.get(reverse("admin:crawlers_crawlrun_changelist")).content.decode()
    assert "a shop" in listed
    assert "Complete" in listed


def test_a_running_crawl_shows_how_far_it_is(admin: Client) -> None:
    run = make_run()
    run.tell(progress={"items": 40, "total": 80, "rate": 12.5, "errors": {"status 500": 2}})
    url = reverse("admin:crawlers_crawlrun_progress", args=[run.pk])
    text = admin.get(url).content.decode()
    assert 'max="80" value="40"' in text
    assert "12.5 products a second" in text
    assert "status 500 (2)" in text
    assert "every 2s" in text
    assert "HX-Refresh" in admin.get(f"{url}?state=queued")


def test_a_run_that_has_read_all_says_that_pictures_come(admin: Client) -> None:
    run = make_run()
    run.tell(progress={"items": 80, "total": 80, "rate": 1.5, "pictures": 7})
    url = reverse("admin:crawlers_crawlrun_progress", args=[run.pk])
    text = admin.get(url).content.decode()
    assert "All products are read, their pictures are being fetched" in text
    assert "Pictures: 7" in text
    assert "a second" not in text
    assert "max=" not in text


def test_what_no_rule_catches_says_where_it_went(admin: Client) -> None:
    run = make_run()
    run.tell(progress={"items": 3, "uncaught": {"Gold > Rings": 3}, "errors": {"defect": 1}})
    url = reverse("admin:crawlers_crawlrun_progress", args=[run.pk])
    text = admin.get(url).content.decode()
    assert "These products are in art, the department that the crawl names." in text
    assert "a mistake of the crawler itself (1)" in text
    Crawl.objects.update(department="")
    assert "These products are left out" in admin.get(url).content.decode()


def test_a_crawl_is_cancelled_and_started_again(admin: Client) -> None:
    run = press(admin, "cancel", make_run())
    assert run.is_cancelled
    assert run.error == "Cancelled by owner. What was read before is kept."
    assert "Start it again" in admin.get(page(run)).content.decode()
    assert press(admin, "resume", run).state == "queued"


def test_a_crawl_is_not_resumed_beside_another(admin: Client) -> None:
    run = press(admin, "cancel", make_run())
    make_run()
    assert press(admin, "resume", run).state == "failed"


def test_what_is_missing_is_confirmed(admin: Client) -> None:
    crawl(*ALL)
    crawl(*ALL[5:])
    run = crawl(*ALL[5:])
    shown = admin.get(page(run)).content.decode()
    assert "5 products were missing twice in a row" in shown
    for gone in Product.objects.filter(external_id__in=ALL[:5]):
        assert reverse("admin:catalog_product_change", args=[gone.pk]) in shown
    listed = admin.get(reverse("admin:crawlers_crawlrun_changelist")).content.decode()
    assert "5 products to confirm as gone" in listed
    press(admin, "confirm", run)
    assert on_shelf() == set(ALL[5:])


def test_what_came_back_is_not_named_as_missing(admin: Client) -> None:
    crawl(*ALL)
    crawl(*ALL[5:])
    run = crawl(*ALL[5:])
    crawl(*ALL)
    assert "All of them are back again." in admin.get(page(run)).content.decode()


def test_a_suspicious_run_is_accepted(admin: Client, owner: User) -> None:
    crawl(*ALL)
    run = crawl(*ALL, fill={"price": 0.2})
    assert [need.text for need in needs_of(owner)] == ["crawl of a shop is suspicious"]
    assert press(admin, "accept", run).outcome == "complete"
    assert needs_of(owner) == []
    assert crawl(*ALL, fill={"price": 0.2}).outcome == "complete"


def test_the_home_says_what_failed_and_what_is_to_confirm(owner: User) -> None:
    crawl(refusal="The shop refuses crawlers.")
    assert [need.text for need in needs_of(owner)] == ["crawl failed: the last one of a shop"]
    crawl(*ALL)
    crawl(*ALL[5:])
    crawl(*ALL[5:])
    (need,) = needs_of(owner)
    assert (need.count, need.text) == (5, "products to take off the shelf of a shop")


def test_the_home_says_what_was_not_crawled_for_long(owner: User) -> None:
    run = crawl(*ALL)
    Crawl.objects.update(every_days=2)
    assert needs_of(owner) == []
    assert run.finished_at is not None
    CrawlRun.objects.update(finished_at=run.finished_at.replace(year=2020))
    (need,) = needs_of(owner)
    assert need.text.startswith("source not crawled for ")


@pytest.mark.parametrize("deed", ["cancel", "resume", "confirm", "accept"])
def test_curators_press_no_button(client: Client, deed: str) -> None:
    user = User.objects.create_user("curator", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    run = make_run()
    url = reverse(f"admin:crawlers_crawlrun_{deed}", args=[run.pk])
    assert client.post(url).status_code == 403
    run.refresh_from_db()
    assert run.state == "running"


def source_form(**crawl: Any) -> dict[str, Any]:
    """Return what the page of a source sends, with one crawl."""
    given = {"spider": "shopify", "url": "https://a.example/", "department": "art", **crawl}
    return {
        "name": "A shop",
        "url": "https://a.example/",
        "crawls-TOTAL_FORMS": 1,
        "crawls-INITIAL_FORMS": 0,
        "crawls-MIN_NUM_FORMS": 0,
        "crawls-MAX_NUM_FORMS": 1000,
        **{f"crawls-0-{name}": value for name, value in given.items()},
    }


def test_a_source_is_crawled_now_and_by_schedule(admin: Client) -> None:
    answer = admin.post(reverse("admin:catalog_source_add"), source_form(every_days=7))
    assert answer.status_code == 302
    made = Crawl.objects.get()
    task = PeriodicTask.objects.get(name=f"crawl {made.pk}")
    assert (task.task, task.args, task.queue) == (
        "crawlers.tasks.start",
        f"[{made.pk}]",
        "crawling",
    )
    assert str(task.interval) == "every 7 days"
    text = admin.get(reverse("admin:catalog_source_change", args=[made.source_id])).content.decode()
    assert "Crawl now" in text
    answer = admin.post(reverse("admin:crawlers_crawl_start", args=[made.pk]))
    run = CrawlRun.objects.get()
    assert answer.headers["Location"] == page(run)
    assert (run.state, run.started_by) == ("queued", User.objects.get(username="owner"))
    assert run.limit is None
    run.cancel("Cancelled.")
    assert "Try 20 products" in text
    admin.post(reverse("admin:crawlers_crawl_start", args=[made.pk]), {"look": "1"})
    assert CrawlRun.objects.latest("pk").limit == 20


def test_a_source_without_schedule_starts_nothing(admin: Client) -> None:
    admin.post(reverse("admin:catalog_source_add"), source_form())
    assert Crawl.objects.get().every_days is None
    assert not PeriodicTask.objects.filter(name__startswith="crawl ").exists()


def test_a_private_address_is_refused(admin: Client) -> None:
    form = source_form(url="http://10.0.0.1/")
    text = admin.post(reverse("admin:catalog_source_add"), form).content.decode()
    assert "leads into a private network" in text
    assert not Source.objects.exists()


def test_an_address_without_a_scheme_is_taken_for_https(admin: Client) -> None:
    admin.post(reverse("admin:catalog_source_add"), source_form(url="a.example/collections/all"))
    assert Crawl.objects.get().url == "https://a.example/collections/all"


def test_the_list_of_sources_leads_to_their_products(admin: Client) -> None:
    crawl(*ALL)
    source = Source.objects.get()
    text = admin.get(reverse("admin:catalog_source_changelist")).content.decode()
    products = reverse("admin:catalog_product_changelist", query={"source__id__exact": source.pk})
    assert f'<a href="{products}">{len(ALL)}</a>' in text
    assert "20 products" in admin.get(products).content.decode()


def test_a_rule_is_made_and_previewed(admin: Client) -> None:
    run = make_run()
    from tests.crawlers.test_storing import item

    Storing(run).store([item(n, category="Gold > Rings") for n in range(3)])
    url = reverse("admin:crawlers_categoryrule_preview")
    asked = {"words": "rings", "order": "1", "source": str(run.source_id), "department": "jewelry"}
    text = admin.get(url, asked).content.decode()
    assert "It would catch 3 products of the catalogue" in text
    assert "Gold &gt; Rings (a shop, 3)" in text
    assert "Give words" in admin.get(url, {**asked, "words": " "}).content.decode()
    assert "nothing of the catalogue" in admin.get(url, {**asked, "words": "hat"}).content.decode()
    rings = Label.objects.get(department="jewelry", name="rings")
    form = {"words": "rings", "order": 1, "department": "jewelry", "label": rings.pk}
    assert admin.post(reverse("admin:crawlers_categoryrule_add"), form).status_code == 302
    assert CategoryRule.objects.get(order=1).label == rings
    assert Product.objects.count() == 3


def test_a_label_of_another_department_is_refused(admin: Client) -> None:
    rings = Label.objects.get(department="jewelry", name="rings")
    form = {"words": "rings", "order": 1, "department": "art", "label": rings.pk}
    text = admin.post(reverse("admin:crawlers_categoryrule_add"), form).content.decode()
    assert "This label is one of jewelry." in text


def test_a_source_says_how_its_last_crawl_ended(admin: Client) -> None:
    run = crawl(*ALL)
    newer = press(admin, "cancel", make_run())
    url = reverse("admin:catalog_source_change", args=[run.source_id])
    listed = reverse("admin:catalog_source_changelist")
    for where in (url, listed):
        text = admin.get(where).content.decode()
        assert f'<a href="{page(newer)}">cancelled</a>' in text
        assert page(run) not in text


def test_a_source_without_runs_says_so(admin: Client) -> None:
    admin.post(reverse("admin:catalog_source_add"), source_form())
    assert "none yet" in admin.get(reverse("admin:catalog_source_changelist")).content.decode()


def test_a_category_without_a_rule_leads_to_one(admin: Client) -> None:
    run = crawl(*ALL, uncaught={"": 8, "Home > Art & Prints": 12})
    text = admin.get(page(run)).content.decode()
    add = reverse("admin:crawlers_categoryrule_add")
    link = f"{add}?words=Art%20%26%20Prints&amp;source={run.source_id}"
    assert f'<a href="{link}">Home &gt; Art &amp; Prints</a> (12), no category (8)' in text
    form = admin.get(link.replace("&amp;", "&")).content.decode()
    assert 'value="Art &amp; Prints"' in form


def test_a_currency_is_a_code(admin: Client) -> None:
    form = source_form(currency="euros")
    text = admin.post(reverse("admin:catalog_source_add"), form).content.decode()
    assert "A code of three capitals, as in EUR." in text or "at most 3 characters" in text
    form = source_form(currency="eur")
    text = admin.post(reverse("admin:catalog_source_add"), form).content.decode()
    assert "A code of three capitals, as in EUR." in text
    assert not Crawl.objects.exists()
    admin.post(reverse("admin:catalog_source_add"), source_form(currency="EUR"))
    assert Crawl.objects.get().currency == "EUR"
