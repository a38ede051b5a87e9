"""The floors of `docs/architecture.md`, and the rules that hold between them.

Moving a file to another floor is a decision: it is made in the table below.
"""

import ast
from collections.abc import Iterator

import pytest

from tests import sources

# A file imports only from floors below its own. Between two whole floors stand those that need
# one file of the lower and serve one of the upper.
FLOORS = {
    -0.5: "addresses",
    0: "ahead changes clock outbound slack_text scopes errors findings garbage smtp tallies periods spoken text use verdicts version demo_content "
       "search.bits search.compounds search.document search.inflection",
    0.1: "client_sentences photo_words mail_sentences mail_settings program_sentences program_settings report_sentences mail mail.encodings mail.flowed mail.marks mail.phrases mail.photos mail.signs "
         "mail.subjects",
    0.2: "mail.addresses mail.ending mail.heads mail.hypertext mail.parts mail.rtf",
    0.25: "mail.quoting mail.machines mail.sealed mail.tnef",
    0.3: "bounce_reading extras mail.fields slugs dialect among media fitted",
    0.35: "mail.bodies",
    0.4: "mail.reading",  # what a letter says
    0.5: "config connections markup demo_plan search.analysis search.query search.spelling "
         "search.whoosh_storage search.whoosh_codec",  # told by one of those
    0.6: "mail.kept mail.relays",  # letters on disk; what our relay says of them
    # what a post is found by, and how a segment keeps it
    0.65: "incoming",  # what a program sends
    0.7: "client_markup relay_check resolving seals search.ranking search.terms",
    0.8: "mail.signatures spf search.matching search.tsquery search.whoosh_leaf",
    0.9: "mail_check search.whoosh_writer search.whoosh_best search.whoosh_words",
    # the outside: database, mail, passwords, the folder of the index
    1: "db letter_form mailer passwords search.whoosh_index",
    1.2: "inserts turns search.whoosh_shards",
    # tables, in the order of their foreign keys
    2: "models.addresses models.people models.follows models.clients",
    2.1: "models.mail_door models.posts",
    2.2: "models.digests models.hooks models.photos models.proposals models.reports "
         "models.searches",
    2.3: "models",
    # nouns that know tables and texts alone; the first two serve others of them
    2.35: "photos",  # what a post shows besides its text
    2.4: "cards revisions waiting",  # what lists show of posts; what they said before
    2.45: "readers",  # who looks at them
    2.5: "interests notices signing taken webhook_bodies webhook_events "
         "search.postgres_counts search.postgres_look",
    2.7: "search.postgres_search search.postgres_words",
    3: "people departments tags claims mail_links profiles searches sentences tag_uses uploads installing "
       "search.whoosh_engine search.postgres_engine pace words calls",
    3.1: "marks",
    3.2: "absence aliases feed_tokens grants integrations mail_addresses missed shown_photos tag_facts "
         "unreachable webhook_words",
    3.25: "oauth",
    3.3: "bounces doubles letter_links mail.envelopes mail.register mail.senders",
    3.5: "links sign_in search drafts rows webhooks",  # links make people, and people sign in
    3.7: "brought by_mail indexed hints",
    # verbs upon posts
    4: "bulk posts reports follows thanks saves mutes opened questions goals",
    4.2: "steps",
    4.9: "pulled",  # the ids of feeds
    # what is made of posts, and goes out or comes in
    4.5: "arrivals copy_reading finds in_database webhook_messages",
    5: "copying demo_script feeds indexing narrowing transfer account_letters handover",
    5.05: "digest_beside",
    5.1: "acted digest_week mail_letters remaking sifted threads",
    5.15: "digest_choice",
    5.2: "digest inbox demo_play demo_large mail.answers proposals",
    5.3: "letter_parts",
    5.4: "digest_letter demo mail.posting",
    5.6: "digest_run mail.receive",
    5.7: "mail.lmtp mail.mailbox",
    # the pages
    6: "web.asked web.language web.looking web.moments web.packed web.security web.statuses web.whole",
    6.1: "web.composing web.health web.log web.sent web.unchanged",
    6.2: "web.accounts web.atom web.by_letter web.by_mail web.digests web.find web.follows "
         "web.held web.help web.hints web.inbox web.authorise web.incoming web.kept web.lists web.manage web.photos "
         "web.posts web.programs web.reports web.shown web.steps web.webhooks",
    6.3: "web.offline web.refusals web.settings",
    6.4: "web.frame",
    # the door of other people's clients
    6.05: "api.said api.described api.schemas",
    6.1001: "api.asked api.rates",
    6.101: "api.paging api.door",
    6.102: "api.entities api.instance api.oauth api.joining api.quiet api.openapi",
    6.103: "api.timelines api.tags api.media",
    6.104: "api.accounts",
    6.105: "api.reports api.statuses",
    6.106: "api.marked api.notifications api.search",
    6.12: "webhook_status",
    6.5: "api.around",
    # doors and jobs as a whole, the application, the command
    6.9: "couriers",
    7: "web api worker server",
    8: "",  # the package itself: create_app
    8.5: "commands.frame",
    8.7: "commands commands.colleagues commands.content commands.database commands.letters "
         "commands.mail",
    8.8: "commands.mail_door",
    9: "cli",
}
FLOOR = {name: floor for floor, names in FLOORS.items() for name in names.split() or [""]}

DOORS = {name for name in sources.modules() if name.split(".")[0] in ("api", "web")}
COMMANDS = {"cli", "worker", "server"} | {
    name for name in sources.modules() if name.split(".")[0] == "commands"
}
# Who saves: doors and jobs. `claims` keeps what a run of digests may not lose when it dies.
SAVERS = DOORS | {"cli", "commands.colleagues", "worker", "indexing", "in_database", "account_letters",
                  "digest_run", "claims", "webhook_messages", "finds", "mail.posting", "mail.receive", "transfer", "demo", "demo_large"}
LINES, FUNCTION_LINES = 300, 40
LONG = {"demo_content"}  # data


def name_of(module: str) -> str:
    return module or "create_app"


def nodes(*kinds: type[ast.AST], outside: set[str] = frozenset()) -> Iterator[tuple[str, ast.AST]]:  # type: ignore[assignment]
    """Every node of these kinds with a name for its place, but those in some modules."""
    for module, tree in sources.modules().items():
        if module not in outside:
            for node in ast.walk(tree):
                if isinstance(node, kinds):
                    yield f"{name_of(module)}:{getattr(node, 'lineno', 0)}", node


def dotted(node: ast.AST) -> str:
    """`db.session.execute` as it is written; empty for what is no plain name."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def test_every_file_has_its_floor() -> None:
    assert set(FLOOR) == set(sources.modules())


@pytest.mark.parametrize("module", sources.modules(), ids=name_of)
def test_a_file_imports_only_from_floors_below_its_own(module: str) -> None:
    wrong = [
        f"{name_of(module)} may not import {name_of(other)}"
        f" (floor {FLOOR[module]} does not stand above floor {FLOOR[other]})"
        for other in sorted(sources.imports(module)) if FLOOR[module] <= FLOOR.get(other, -1)
    ]
    assert not wrong, "; ".join(wrong)


def test_imports_stand_at_the_head_of_a_file_and_nowhere_else() -> None:
    hidden = []
    for module, tree in sources.modules().items():
        at_head = set(map(id, tree.body))
        hidden += [
            f"{name_of(module)}:{node.lineno} imports inside a block" for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in at_head
        ]
    assert hidden == []


def test_only_the_doors_know_of_requests_and_sessions() -> None:
    theirs = {"request", "session", "g", "abort", "flash", "current_user", "login_user",
              "logout_user", "redirect", "has_request_context"}
    found = [
        f"{where} imports {alias.name}"
        for where, node in nodes(ast.ImportFrom, outside=DOORS)
        if isinstance(node, ast.ImportFrom) and node.module in ("flask", "flask_login")
        for alias in node.names if alias.name in theirs
    ]
    found += [
        f"{where} imports flask whole" for where, node in nodes(ast.Import)
        if isinstance(node, ast.Import)
        for alias in node.names if alias.name in ("flask", "flask_login")
    ]
    assert found == []


def test_no_door_makes_a_query() -> None:
    everybody_else = set(sources.modules()) - DOORS - COMMANDS - {""}
    found = [
        f"{where} imports {name} of sqlalchemy"
        for where, node in nodes(ast.ImportFrom, ast.Import, outside=everybody_else)
        for name in [getattr(node, "module", None) or node.names[0].name]  # type: ignore[attr-defined]
        if name.split(".")[0] == "sqlalchemy" and name != "sqlalchemy.exc"
    ]
    allowed = {"db.session", "db.engine", "db.session.remove", "db.session.rollback",
               "db.engine.dispose"}
    found += [
        f"{where} uses {dotted(node)}"
        for where, node in nodes(ast.Attribute, outside=everybody_else)
        if (dotted(node).startswith(("db.session", "db.engine")) and dotted(node) not in allowed)
        or (isinstance(node, ast.Attribute) and node.attr in ("query", "scalars", "scalar"))
    ]
    assert found == []


def test_doors_and_jobs_save_and_nobody_else() -> None:
    saves = {"saving", "db.saving", "session.commit", "db.session.commit"}
    found = [
        where for where, node in nodes(ast.Call, outside=SAVERS | {"db"})
        if isinstance(node, ast.Call) and dotted(node.func) in saves
    ]
    assert found == []


def test_the_list_of_those_who_save_is_no_longer_than_it_must_be() -> None:
    saving = {
        where.split(":")[0] for where, node in nodes(ast.Call)
        if isinstance(node, ast.Call) and dotted(node.func) == "saving"
    }
    assert saving >= SAVERS - DOORS


def test_only_the_clock_asks_for_the_time() -> None:
    asks = {"now", "utcnow", "today", "time"}
    found = [
        f"{where} asks {dotted(node.func)}"
        for where, node in nodes(ast.Call, outside={"clock"})
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in asks
        and dotted(node.func.value).split(".")[-1] in ("datetime", "date", "time")
    ]
    found += [
        f"{where} takes the time" for where, node in nodes(ast.ImportFrom)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names if alias.name in ("time", "time_ns")
    ]
    assert found == []


def test_nothing_catches_everything() -> None:
    found = []
    # The mail door keeps a letter that meets a fault of ours: who brings it can do nothing about
    # it, and would bring it again for days.
    for where, node in nodes(ast.ExceptHandler, outside={"mail.receive"}):
        assert isinstance(node, ast.ExceptHandler)
        names = [dotted(n) for n in ast.walk(node.type or ast.Name("everything"))
                 if isinstance(n, ast.Name)]
        ends = node.body[-1]
        passes_on = isinstance(ends, ast.Raise) and ends.exc is None
        if "Exception" in names or node.type is None or (
                "BaseException" in names and not passes_on):
            found.append(f"{where} catches {names}")
    assert found == []


def test_the_product_asserts_nothing() -> None:
    assert [where for where, _ in nodes(ast.Assert)] == []


def test_only_the_command_and_the_server_print() -> None:
    found = [
        where for where, node in nodes(ast.Call, outside={"cli", "server"})
        if isinstance(node, ast.Call) and dotted(node.func) == "print"
        and "file" not in {keyword.arg for keyword in node.keywords}
    ]
    assert found == []


def test_the_libraries_of_the_door_are_loaded_when_it_is_opened() -> None:
    """What is imported at the head of a file is needed by everybody."""
    extra = {"aiosmtpd", "authres", "dkim", "dns", "imap_tools"}
    found = {
        name.split(".")[0]
        for _, node in nodes(ast.Import, ast.ImportFrom)
        for name in (getattr(node, "module", None) or "",
                     *(alias.name for alias in node.names))  # type: ignore[attr-defined]
    }
    assert not found & extra and "flask" in found


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{name_of(module)}: {word}" for module in sources.modules()
        for word in ("TODO", "FIXME", "XXX", "NotImplementedError")
        if word in sources.path_of(module).read_text("utf-8")
    ]
    assert found == []


NOUNS = [pytest.param(module, id=name_of(module)) for module in sources.modules()
         if module not in LONG]


@pytest.mark.parametrize("module", NOUNS)
def test_no_file_is_longer_than_a_noun(module: str) -> None:
    assert len(sources.path_of(module).read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("module", NOUNS)
def test_no_function_needs_scrolling(module: str) -> None:
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(sources.modules()[module])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_every_file_says_what_it_is() -> None:
    silent = [name_of(m) for m, tree in sources.modules().items() if not ast.get_docstring(tree)]
    assert silent == []
