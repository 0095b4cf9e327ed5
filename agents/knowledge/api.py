"""REST: documents, searching them, and which of them an agent has."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries
from agents.knowledge import queries as queries_knowledge
from agents.knowledge import services
from agents.knowledge.kinds import LARGEST, Upload, check_size
from agents.knowledge.search import Hit
from agents.knowledge.upload_services import Kept, Outcome, upload
from agents.models import Document
from automatos.api import InputSerializer, JsonParser, refuse_unknown
from automatos.checking import Problems
from automatos.errors import wrong_field
from automatos.rest_lists import choice, list_parameters, listing, number, ordered, page_of, searched
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors

# Beside the file a form has its fields and boundaries.
ROOM = 100_000
ORDERINGS = ("title", "created_at", "size")


class DocumentChangeOut(serializers.Serializer[Any]):
    """What another reading changed. Passages are told apart by heading and text; characters are of the whole text."""

    at = serializers.DateTimeField()
    passages_before = serializers.IntegerField()
    passages_added = serializers.IntegerField()
    passages_removed = serializers.IntegerField()
    passages_kept = serializers.IntegerField()
    characters_before = serializers.IntegerField()
    characters_now = serializers.IntegerField()


class DocumentOut(serializers.Serializer[Document]):
    """A document. status: waiting, reading, ready or error, whose reason `error` says. size: bytes."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=Document.Kind.choices)
    url = serializers.CharField()
    site_id = serializers.UUIDField(allow_null=True, help_text="The website that it is a page of.")
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Document.Status.choices)
    error = serializers.CharField()
    encoding = serializers.CharField(help_text="What the letters of a file were read in; empty for other documents.")
    is_encoding_chosen = serializers.BooleanField(help_text="Whether a person said so; else it was found.")
    file_name = serializers.CharField(help_text="An upload's own name, with its folders.")
    change = DocumentChangeOut(allow_null=True, help_text="What the last other text changed.")
    pages = serializers.IntegerField(help_text="Of a PDF; 0 for other documents and until it is begun.")
    pages_read = serializers.IntegerField(help_text="How many of them are read so far.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What could not be read, in sentences.")
    embedding_model = serializers.CharField(help_text="The model its passages were embedded with.")
    chunk_count = serializers.IntegerField(help_text="Passages it was cut into.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DocumentKeptOut(DocumentOut):
    """A document that was sent, and what became of it."""

    outcome = serializers.SerializerMethodField(
        help_text="`added`; `replaced`: the file's new text takes the place of the older one once it is read; "
        "`unchanged`: the same bytes were there already."
    )

    @extend_schema_field({"type": "string", "enum": [outcome.value for outcome in Outcome]})
    def get_outcome(self, document: Document) -> str:
        """What became of it."""
        return str(self.context["outcome"])


class DocumentIn(InputSerializer):
    """A text with its title, or the address of a web page; or, as a multipart form, a `file`."""

    title = serializers.CharField(required=False, allow_blank=True)
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    url = serializers.CharField(required=False, allow_blank=True)


class DocumentFileIn(serializers.Serializer[Any]):
    """A file: PDF, Word, text, HTML and others."""

    file = serializers.FileField()
    title = serializers.CharField(required=False, allow_blank=True)
    path = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="The file's name with its folders, such as `handbook/travel.md`; by default its own name.",
    )
    keep_both = serializers.BooleanField(
        required=False, help_text="A new document, even if there is one of the same name or with the same bytes."
    )


class DocumentChangeIn(InputSerializer):
    """What changes about a document."""

    title = serializers.CharField(allow_blank=True)


class DocumentRefreshIn(InputSerializer):
    """How to read it."""

    encoding = serializers.CharField(
        required=False, allow_blank=True, help_text="What a file's letters are in, such as `cp1251`; empty to find it."
    )


class HitOut(serializers.Serializer[Hit]):
    """A passage found. score: larger fits better; comparable within one search only."""

    document_id = serializers.UUIDField()
    title = serializers.CharField()
    position = serializers.IntegerField(help_text="The passage's number in its document, from 1.")
    heading = serializers.CharField()
    text = serializers.CharField()
    score = serializers.FloatField()


class HitsOut(serializers.Serializer[Any]):
    """What a search found, best first."""

    items = HitOut(many=True)


class AgentDocumentsIn(InputSerializer):
    """Exactly the documents the agent is to have."""

    document_ids = serializers.ListField(child=serializers.UUIDField())


class AgentDocumentsOut(serializers.Serializer[Any]):
    """The documents of an agent."""

    items = DocumentOut(many=True)


class DocumentList(WorkspaceView):
    """The workspace's documents."""

    needs = {"GET": "knowledge:read", "POST": "knowledge:write"}
    starts_work = True
    parser_classes = [JsonParser, MultiPartParser]

    @extend_schema(
        operation_id="documents_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(orderings=ORDERINGS, filters={"status": Document.Status.values}),
        ],
        responses={200: page_of(DocumentOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Newest first unless ordered otherwise; `search` looks at titles and addresses."""
        rows = searched(queries_knowledge.documents_of(self.workspace), request, ["title", "url"])
        if status := choice(request, "status", Document.Status.values):
            rows = rows.filter(status=status)
        return listing(request, ordered(rows, request, ORDERINGS), DocumentOut)

    @extend_schema(
        operation_id="documents_create",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request={"application/json": DocumentIn, "multipart/form-data": DocumentFileIn},
        responses={200: DocumentKeptOut, 201: DocumentKeptOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new one (201), or a file that is there already (200); it is read by a worker, or `error` says why not.

        A file of the same name, or with the same bytes, is the same document: `outcome` says whether its text is
        replaced. Until the new text is read the older one is found, and agents keep the document.
        """
        kept = self._uploaded(request) or Kept(self._written(request), Outcome.ADDED)
        body = DocumentKeptOut(kept.document, context={"outcome": kept.outcome}).data
        status = 201 if kept.outcome == Outcome.ADDED else 200
        return Response(body, status=status, headers={"Location": f"/api/documents/{kept.document.pk}"})

    def _uploaded(self, request: Request) -> Kept | None:
        if not (request.content_type or "").startswith("multipart/"):
            return None
        # Before the body is read: nobody fills the disk with what is refused anyway.
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST + ROOM:
            check_size(int(request.META["CONTENT_LENGTH"]))
        file = request.FILES.get("file")
        if file is None:
            return None
        refuse_unknown([*request.POST, *request.FILES], list(DocumentFileIn().fields))
        check_size(file.size)
        body = DocumentFileIn(data=dict(request.POST.items()) | {"file": file})
        body.is_valid(raise_exception=True)
        given = body.validated_data
        return upload(
            workspace=self.workspace,
            user=self.caller,
            file=Upload(given.get("path") or file.name, file.read()),
            title=given.get("title", ""),
            keep_both=given.get("keep_both", False),
        )

    def _written(self, request: Request) -> Document:
        body = DocumentIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = {name: body.validated_data.get(name, "") for name in ("title", "text", "url")}
        if given["url"] and given["text"]:
            raise wrong_field("url", "Send a text or an address, not both.")
        if given["url"]:
            return services.add_page(workspace=self.workspace, user=self.caller, url=given["url"], title=given["title"])
        if "text" not in body.validated_data:
            raise wrong_field("text", "Send `text`, `url`, or a multipart form with `file`.")
        return services.paste(workspace=self.workspace, user=self.caller, text=given["text"], title=given["title"])


class DocumentDetail(WorkspaceView):
    """One document."""

    needs = {"GET": "knowledge:read", "PATCH": "knowledge:write", "DELETE": "knowledge:delete"}

    @extend_schema(
        operation_id="documents_get", parameters=[WORKSPACE_HEADER], responses={200: DocumentOut, **errors(404)}
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The document, without its text."""
        row = queries_knowledge.document(workspace=self.workspace, document_id=document_id)
        return Response(DocumentOut(row).data)

    @extend_schema(
        operation_id="documents_change",
        parameters=[WORKSPACE_HEADER],
        request=DocumentChangeIn,
        responses={200: DocumentOut, **errors(404, 415)},
    )
    def patch(self, request: Request, document_id: UUID) -> Response:
        """Another title."""
        body = DocumentChangeIn(data=request.data)
        queries_knowledge.document(workspace=self.workspace, document_id=document_id)
        body.is_valid(raise_exception=True)
        title = body.validated_data["title"]
        row = services.rename(workspace=self.workspace, document_id=document_id, title=title)
        return Response(DocumentOut(row).data)

    @extend_schema(operation_id="documents_delete", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)})
    def delete(self, request: Request, document_id: UUID) -> Response:
        """Out of sight and out of every search; for 30 days it can be brought back."""
        services.delete(workspace=self.workspace, document_id=document_id)
        return Response(status=204)


class DocumentRefresh(WorkspaceView):
    """Reading a document again."""

    needs = {"POST": "knowledge:write"}
    starts_work = True

    @extend_schema(
        operation_id="documents_refresh",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=DocumentRefreshIn,
        responses={202: DocumentOut, **errors(400, 404, 409, 415)},
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """A page is fetched anew; until it is read, the passages of before are found."""
        queries_knowledge.document(workspace=self.workspace, document_id=document_id)
        encoding = None
        if request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
            body = DocumentRefreshIn(data=request.data)
            body.is_valid(raise_exception=True)
            encoding = body.validated_data.get("encoding")
        row = services.refresh(workspace=self.workspace, document_id=document_id, encoding=encoding)
        return Response(DocumentOut(row).data, status=202)


class DocumentRestore(WorkspaceView):
    """Undoing a delete."""

    needs = {"POST": "knowledge:delete"}

    @extend_schema(
        operation_id="documents_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: DocumentOut, **errors(402, 404)},
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """Back where it was."""
        row = services.restore(workspace=self.workspace, document_id=document_id)
        return Response(DocumentOut(row).data)


class DocumentSearch(WorkspaceView):
    """Searching the documents."""

    needs = {"GET": "knowledge:read"}

    @extend_schema(
        operation_id="documents_search",
        parameters=[
            WORKSPACE_HEADER,
            OpenApiParameter("q", str, required=True, description="What to look for."),
            OpenApiParameter("agent_id", OpenApiTypes.UUID, description="Only in what this agent has."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 20, by default 5."),
        ],
        responses={200: HitsOut, **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Passages by meaning and words, as the tool of agents finds them."""
        query = request.query_params.get("q", "")
        problems = Problems()
        problems.text("q", query, longest=1000, required=True)
        agent_id = request.query_params.get("agent_id", "")
        agent = None
        if agent_id:
            agent = queries.agent(workspace=self.workspace, agent_id=_uuid(agent_id, problems))
        problems.raise_any()
        limit = number(request, "limit", 5, low=1, high=20)
        hits = queries_knowledge.search(workspace=self.workspace, query=query, agent=agent, limit=limit)
        return Response(HitsOut({"items": hits}).data)


class AgentDocuments(WorkspaceView):
    """What an agent may look things up in."""

    needs = {"GET": "agents:read", "PUT": "agents:write"}

    @extend_schema(
        operation_id="agents_documents",
        parameters=[WORKSPACE_HEADER],
        responses={200: AgentDocumentsOut, **errors(404)},
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Its documents, by title."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        return Response(AgentDocumentsOut({"items": queries_knowledge.documents_of_agent(agent)}).data)

    @extend_schema(
        operation_id="agents_documents_change",
        parameters=[WORKSPACE_HEADER],
        request=AgentDocumentsIn,
        responses={200: AgentDocumentsOut, **errors(404, 415)},
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Exactly these documents from now on."""
        agent = queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = AgentDocumentsIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.give(workspace=self.workspace, agent=agent, document_ids=body.validated_data["document_ids"])
        return Response(AgentDocumentsOut({"items": queries_knowledge.documents_of_agent(agent)}).data)


def _uuid(text: str, problems: Problems) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        problems.add("agent_id", "This is not the id of an agent, which is a UUID.")
        problems.raise_any()
        raise
