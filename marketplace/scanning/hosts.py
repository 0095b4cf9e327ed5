"""Who stands behind an address: judged by the domain somebody had to register, never by a part of its text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList
from rapidfuzz.distance import OSA

HostClass = Literal[
    "service", "own", "hosted", "registry", "private", "placeholder", "declared", "unknown", "low_trust"
]
FACTOR: dict[HostClass, float] = {
    "service": 0.4,
    "own": 0.9,
    "registry": 0.3,
    "private": 0.2,
    "placeholder": 0.2,
    "hosted": 0.9,
    "declared": 0.9,
    "unknown": 1.0,
    "low_trust": 1.8,
}
SERVICES = frozenset(
    """github.com githubusercontent.com gitlab.com bitbucket.org openai.com anthropic.com claude.com claude.ai
    google.com googleapis.com gstatic.com youtube.com microsoft.com microsoftonline.com azure.com
    windows.net live.com office.com sharepoint.com visualstudio.com amazon.com amazonaws.com aws.dev
    cloudflare.com vercel.com netlify.com heroku.com stripe.com paypal.com slack.com discord.com
    atlassian.com atlassian.net notion.com notion.so linear.app asana.com trello.com figma.com hubspot.com
    hubapi.com salesforce.com zendesk.com intercom.io twilio.com sendgrid.com mailchimp.com shopify.com
    wikipedia.org wikimedia.org mozilla.org w3.org schema.org json-schema.org python.org nodejs.org
    docker.com docker.io kubernetes.io k8s.io hashicorp.com terraform.io elastic.co grafana.com
    prometheus.io datadoghq.com sentry.io newrelic.com pagerduty.com huggingface.co cohere.ai cohere.com
    mistral.ai deepseek.com perplexity.ai x.ai groq.com openrouter.ai replicate.com elevenlabs.io
    stability.ai together.ai fireworks.ai apple.com facebook.com instagram.com linkedin.com twitter.com
    x.com reddit.com stackoverflow.com stackexchange.com medium.com wordpress.org wordpress.com semver.org
    spdx.org ietf.org rfc-editor.org iana.org iso.org nist.gov mitre.org owasp.org pytorch.org nvidia.com
    cisa.gov cve.org nih.gov ebi.ac.uk ncbi.nlm.nih.gov uniprot.org rcsb.org arxiv.org doi.org crossref.org
    semanticscholar.org openalex.org orcid.org virustotal.com shodan.io censys.io abuse.ch urlscan.io
    haveibeenpwned.com modelcontextprotocol.io agentskills.io supabase.co supabase.com firebase.google.com
    firebaseio.com mongodb.com postgresql.org redis.io sqlite.org mysql.com oracle.com ibm.com nvidia.com
    intel.com airtable.com zapier.com make.com monday.com clickup.com dropbox.com box.com zoom.us
    calendly.com typeform.com snyk.io sonarsource.com semgrep.dev gitguardian.com jsdelivr.net unpkg.com
    cdnjs.com fontawesome.com tailwindcss.com reactjs.org react.dev nextjs.org vuejs.org angular.io
    angular.dev svelte.dev vite.dev expo.dev flutter.dev dart.dev kotlinlang.org go.dev golang.org rust-
    lang.org docs.rs ruby-lang.org php.net laravel.com djangoproject.com readthedocs.io readthedocs.org
    mermaid.js.org shields.io creativecommons.org apache.org gnu.org opensource.org fda.gov sec.gov
    census.gov europa.eu who.int weather.gov open-meteo.com openstreetmap.org wolframalpha.com exa.ai
    tavily.com serpapi.com serper.dev brave.com duckduckgo.com bing.com firecrawl.dev jina.ai apify.com
    browserbase.com posthog.com segment.com mixpanel.com amplitude.com plausible.io algolia.com
    contentful.com sanity.io""".split()
)
REGISTRIES = frozenset(
    """pypi.org pythonhosted.org npmjs.org npmjs.com yarnpkg.com crates.io rubygems.org nuget.org maven.org
    packagist.org rustup.rs astral.sh bun.sh bun.com deno.land deno.com brew.sh nodesource.com pnpm.io
    nixos.org python-poetry.org docker.com k3s.io helm.sh tailscale.com ollama.com ollama.ai fly.io
    starship.rs rvm.io sdkman.io nvm.sh volta.sh proto.dev anaconda.com conda.io debian.org ubuntu.com
    fedoraproject.org archlinux.org alpinelinux.org chocolatey.org scoop.sh golangci-lint.run trunk.io
    pulumi.com railway.app foundry.paradigm.xyz solana.com sui.io determinate.systems cursor.com claude.ai
    mise.run mise.jdx.dev pixi.sh dotnet.microsoft.com cypress.io playwright.dev jetpack.io devbox.sh
    julialang.org r-project.org metasploit.com kali.org projectdiscovery.io aquasecurity.github.io
    fluxcd.io linkerd.io dapr.io crossplane.io openfaas.com upbound.io rancher.com get.k0s.sh
    anchore.io goreleaser.com llvm.org gitpod.io githubcli.com""".split()
)
LOW_TRUST = frozenset(
    """pastebin.com paste.ee paste.rs hastebin.com ghostbin.com dpaste.org dpaste.com rentry.co rentry.org
    controlc.com termbin.com ix.io sprunge.us 0x0.st transfer.sh file.io anonfiles.com gofile.io catbox.moe
    litterbox.catbox.moe tmpfiles.org temp.sh bashupload.com wetransfer.com mediafire.com mega.nz oshi.at
    uguu.se pixeldrain.com filebin.net keep.sh bit.ly tinyurl.com t.co goo.gl is.gd v.gd cutt.ly rebrand.ly
    shorturl.at ow.ly buff.ly rb.gy tiny.cc soo.gd s.id ngrok.io ngrok.app ngrok-free.app ngrok.dev
    trycloudflare.com localtunnel.me loca.lt serveo.net localhost.run bore.pub pagekite.me playit.gg
    telebit.io pinggy.link pinggy.io loophole.site zrok.io webhook.site requestbin.com requestbin.net
    requestcatcher.com pipedream.net hookbin.com beeceptor.com requestinspector.com webhook.cool
    hookdeck.com ptsv2.com ptsv3.com putsreq.com postb.in typedwebhook.tools webhookrelay.com mockbin.org
    interact.sh oast.fun oast.pro oast.live oast.site oast.online oast.me burpcollaborator.net oastify.com
    dnslog.cn ceye.io canarytokens.com xss.ht bxss.me api.telegram.org t.me duckdns.org no-ip.org no-ip.com
    ddns.net hopto.org zapto.org sytes.net dynu.com serveftp.com myftp.org chickenkiller.com mooo.com
    iplogger.org grabify.link""".split()
)
SERVICE_ENDINGS = (".googleapis.com", ".openai.azure.com", ".cognitiveservices.azure.com")
# Anybody's content under a well-known name: the first part of the path says whose.
HOSTED = frozenset(
    (
        "raw.githubusercontent.com",
        "gist.github.com",
        "objects.githubusercontent.com",
        "codeload.github.com",
        "storage.googleapis.com",
        "cdn.jsdelivr.net",
        "glot.io",
    )
)
TRUSTED_OWNERS = frozenset(
    """homebrew nvm-sh rust-lang ohmyzsh k3s-io helm kubernetes kubernetes-sigs docker hashicorp aquasecurity
    anchore golangci astral-sh pyenv asdf-vm microsoft google googlecloudplatform aws awslabs cli github
    nodesource projectdiscovery rapid7 llvm cilium istio argoproj grafana prometheus fluxcd open-policy-
    agent sigstore zricethezav gitleaks trufflesecurity semgrep securego returntocorp anthropics openai
    modelcontextprotocol vercel supabase denoland oven-sh pnpm yarnpkg npm junegunn starship neovim tmux-
    plugins zsh-users jesseduffield wg bats-core stedolan jqlang creationix python pypa conda-forge
    julialang digitalocean linode cloudflare hetznercloud danielmiessler swisskyrepo carlospolop peass-ng
    docker-library moby containers podman tektoncd terraform-linters bridgecrewio checkmarx owasp zaproxy
    sqlmapproject torvalds apache""".split()
)
# Of little trust only where the package does not say that it is about them.
NAMED_SERVICES = frozenset(
    (
        "telegram.org",
        "discord.com",
        "ngrok.com",
        "ngrok.io",
        "ngrok-free.app",
        "pastebin.com",
        "zapier.com",
        "pipedream.net",
        "mega.nz",
        "wetransfer.com",
        "catbox.moe",
        "file.io",
        "gofile.io",
        "transfer.sh",
        "0x0.st",
        "tmpfiles.org",
        "bitly.com",
        "tinyurl.com",
        "mail.tm",
    )
)
# Only these addresses of services that are fine otherwise.
LOW_PREFIXES = (
    "discord.com/api/webhooks",
    "canary.discord.com/api/webhooks",
    "ptb.discord.com/api/webhooks",
    "discordapp.com/api/webhooks",
    "api.telegram.org/bot",
    "hooks.zapier.com",
    "gist.githubusercontent.com",
    "glot.io/snippets",
    "docs.google.com/forms",
    "script.google.com/macros",
)
LOW_ENDINGS = (".onion", ".zip", ".mov", ".tk", ".ml", ".ga", ".cf", ".gq", ".top", ".icu", ".bit")
EXAMPLES = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|localhost|test|invalid|local|internal|lan|"
    r"corp|home\.arpa|localdomain)$"
)
PLAIN_LABELS = frozenset(
    """www api app auth docs staging my your blog shop cdn server dev prod test web mail host sub foo bar baz
    admin login sso your-domain yourdomain your-app your-site your-server site service services backend
    frontend static assets img images media db git ci a b c user users internal target portal dashboard
    store demo sandbox qa uat gateway proxy vpn intranet old new m secure account accounts files data host1
    host2 server1 wiki status v1 v2 en example company mycompany acme corp redis postgres minio nats vault
    registry gitlab jenkins harbor argocd grafana prometheus idp oauth issuer tenant""".split()
)
GENERIC = re.compile(
    r"(?:^|[.-])(?:your|my|some|target|victim|attacker|evil|malicious|hacker|bad|phish\w*|"
    r"placeholder|domain|website|company|"
    r"mysite|yoursite|foo|bar|acme|contoso|fabrikam|domain1)(?:[.-]|$|domain|site|app|company|server|host|org)"
)
DOCUMENTATION = tuple(ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
VARIABLE = re.compile(r"[<>{}$\[\]*|]|%\w|\.\.\.|…|^_|\bHOST\b|\bIP\b|[A-Z]{3,}_[A-Z]")
# Name servers that anybody may ask.
RESOLVERS = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222"))
BRANDS = (
    "github",
    "anthropic",
    "openai",
    "google",
    "microsoft",
    "npmjs",
    "pypi",
    "docker",
    "claude",
    "cloudflare",
    "slack",
    "stripe",
    "gitlab",
    "huggingface",
    "python",
    "nodejs",
    "paypal",
    "apple",
    "amazonaws",
    "discord",
)
WORD = re.compile(r"[a-z0-9]{3,}")
COMMON = frozenset(
    """api app the and for with cloud data docs site web www http https com org net dev get use git hub service
    services server tool tools agent agents skill skills plugin code test tests file files user users your
    report reports sync backup helper help metrics telemetry analytics audit compliance log logs update
    updates cdn static assets support mail push send collect security registry mirror packages package
    download downloads install health status monitor project team work flow build deploy run note notes
    review reviews ops admin internal portal""".split()
)


@dataclass(frozen=True)
class Host:
    """An address's host. name: as written, in lower case; domain: what was registered; kind: who stands behind it."""

    name: str
    domain: str
    kind: HostClass
    url: str = ""

    @property
    def factor(self) -> float:
        return FACTOR[self.kind]

    @property
    def outside(self) -> bool:
        """Whether it is a place that somebody else holds."""
        return self.kind not in ("private", "placeholder")


@dataclass(frozen=True)
class Known:
    """What the package says of itself. words: of its name and description; declared: domains of homepage and source."""

    words: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    cache: dict[str, Host] = field(default_factory=dict, compare=False)

    def host(self, address: str) -> Host:
        """The host of a URL or a bare host name."""
        if address not in self.cache:
            self.cache[address] = _judged(address, self)
        return self.cache[address]


def known_from(texts: Iterable[str], addresses: Iterable[str]) -> Known:
    """What a package's own words and addresses make known."""
    words = {word for text in texts for word in WORD.findall(text.lower())} - COMMON
    domains = {domain_of(name) for address in addresses if (name := host_name(address))}
    return Known(frozenset(words), frozenset(domains - {""}))


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def host_name(address: str) -> str:
    """The host in an address, in lower case; empty if there is none."""
    address = address.strip().replace("hxxp", "http").replace("[.]", ".").replace("[:]", ":")
    if "://" not in address:
        address = f"//{address.rpartition('@')[2] if '/' not in address else address}"
    try:
        return (urlsplit(address).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def domain_of(name: str) -> str:
    """What had to be registered for this host name."""
    return _suffixes().privatesuffix(name) or name


def _judged(address: str, known: Known) -> Host:
    name = host_name(address)
    domain = domain_of(name) if name else ""
    return Host(name, domain, _class(name, domain, address, known), address)


def _class(name: str, domain: str, address: str, known: Known) -> HostClass:
    if (
        not name
        or VARIABLE.search(name)
        or VARIABLE.search(address.rsplit("://", maxsplit=1)[-1].split("/", maxsplit=1)[0])
    ):
        return "placeholder"
    if (numeric := _ip_class(name)) is not None:
        return numeric
    if "." not in name or EXAMPLES.search(name):
        return _reserved(name)
    lower = address.lower().split("://")[-1]
    if domain.split(".", maxsplit=1)[0] in known.words and domain in NAMED_SERVICES:
        return "own"
    if (
        any(name == low or name.endswith(f".{low}") for low in (domain, *_parents(name)) if low in LOW_TRUST)
        or lower.startswith(LOW_PREFIXES)
        or name.endswith(LOW_ENDINGS)
    ):
        return "low_trust"
    if name in HOSTED or domain in HOSTED:
        return _of_owner(lower, known)
    if domain == "github.com" and re.search(r"/(?:releases/download|raw|archive)/", lower):
        return _of_owner(lower, known)
    if domain in SERVICES or name in SERVICES or name.endswith(SERVICE_ENDINGS):
        return "service"
    if domain in REGISTRIES or name in REGISTRIES:
        return "registry"
    if "xn--" in name or _looks_like_brand(domain):
        return "low_trust"
    if GENERIC.search(domain):
        return "placeholder"
    label = domain.split(".", maxsplit=1)[0]
    if any(word == label or (len(word) > 4 and word in label.replace("-", "")) for word in known.words):
        return "own"
    if domain in known.declared:
        return "declared"
    return "unknown"


def _parents(name: str) -> Iterator[str]:
    """What a name lies below, as written."""
    labels = name.split(".")
    return (".".join(labels[start:]) for start in range(max(len(labels) - 3, 0), len(labels) - 1))


def _of_owner(lower: str, known: Known) -> HostClass:
    """Whose content a service carries, by the first part of the path."""
    parts = lower.split("/")[1:3]
    owner = parts[0] if parts else ""
    if owner in TRUSTED_OWNERS:
        return "registry"
    return "own" if any(word in known.words for part in parts for word in WORD.findall(part)) else "hosted"


SET_ASIDE = re.compile(r"(?:^|\.)example\.(?:com|org|net|edu)$")


def _reserved(name: str) -> HostClass:
    """Names that no one can register: an author's stand-in, unless it was given a telling name of its own."""
    if (
        name.endswith(("localhost", ".local", ".internal", ".lan", ".corp", ".home.arpa", ".localdomain"))
        or "." not in name
    ):
        return "private"
    if SET_ASIDE.search(name):
        return "placeholder"
    labels = [
        label for label in name.split(".") if label not in ("example", "com", "org", "net", "edu", "test", "invalid")
    ]
    if all(label in PLAIN_LABELS or GENERIC.search(label) for label in labels):
        return "placeholder"
    return "unknown"


def _ip_class(name: str) -> HostClass | None:
    try:
        number = ip_address(int(name, 0) if re.fullmatch(r"0x[0-9a-f]{8}|\d{8,10}", name) else name.strip("[]"))
    except ValueError:
        return None
    if any(number in net for net in DOCUMENTATION if net.version == number.version):
        return "unknown"
    if str(number) in RESOLVERS:
        return "service"
    if str(number) == "169.254.169.254":
        return "unknown"
    return "low_trust" if number.is_global else "private"


def _looks_like_brand(domain: str) -> bool:
    label = domain.split(".", maxsplit=1)[0]
    parts = label.split("-")
    for brand in BRANDS:
        if label == brand:
            return False
        if brand in parts or (0 < OSA.distance(label, brand, score_cutoff=1) <= 1 and len(brand) > 5):
            return True
    return False
