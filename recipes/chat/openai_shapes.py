"""OpenAI's shapes for the OpenAPI document; requests are read by `openai_body` and `openai_embeddings_api`."""

from typing import Any

from rest_framework import serializers


class ChatMessageIn(serializers.Serializer[Any]):
    """One message, in OpenAI's shape."""

    role = serializers.ChoiceField(choices=["system", "developer", "user", "assistant", "tool"])
    content = serializers.JSONField(required=False, help_text="A text, or a list of parts: text and image_url.")
    name = serializers.CharField(required=False)
    tool_calls = serializers.ListField(child=serializers.DictField(), required=False)
    tool_call_id = serializers.CharField(required=False)


class ChatCompletionIn(serializers.Serializer[Any]):
    """A chat with an agent. Other parameters of OpenAI's are taken and left to the agent."""

    model = serializers.CharField(help_text="agent:<slug>; GET /v1/models lists them.")
    messages = ChatMessageIn(many=True)
    stream = serializers.BooleanField(required=False)
    stream_options = serializers.DictField(required=False)
    tools = serializers.ListField(child=serializers.DictField(), required=False, help_text="Handed out to the client.")
    tool_choice = serializers.JSONField(required=False)
    response_format = serializers.DictField(required=False)
    stop = serializers.JSONField(required=False, help_text="A text, or a list of at most four.")
    max_tokens = serializers.IntegerField(required=False)
    max_completion_tokens = serializers.IntegerField(required=False)


class CompletionMessageOut(serializers.Serializer[Any]):
    """What the agent answered."""

    role = serializers.CharField()
    content = serializers.CharField(allow_null=True)
    tool_calls = serializers.ListField(child=serializers.DictField(), required=False)


class CompletionChoiceOut(serializers.Serializer[Any]):
    """The one answer."""

    index = serializers.IntegerField()
    message = CompletionMessageOut()
    finish_reason = serializers.CharField()


class CompletionUsageOut(serializers.Serializer[Any]):
    """Tokens of all calls the answer took."""

    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()


class ChatCompletionOut(serializers.Serializer[Any]):
    """An answer, in OpenAI's shape."""

    id = serializers.CharField()
    object = serializers.CharField()
    created = serializers.IntegerField()
    model = serializers.CharField()
    choices = CompletionChoiceOut(many=True)
    usage = CompletionUsageOut()


class OpenAiModelOut(serializers.Serializer[Any]):
    """An agent as a model."""

    id = serializers.CharField()
    object = serializers.CharField()
    created = serializers.IntegerField()
    owned_by = serializers.CharField()


class OpenAiModelsOut(serializers.Serializer[Any]):
    """The agents as models."""

    object = serializers.CharField()
    data = OpenAiModelOut(many=True)  # type: ignore[assignment]  # only documents


class EmbeddingsIn(serializers.Serializer[Any]):
    """Texts to embed."""

    model = serializers.CharField()
    input = serializers.JSONField(help_text="A text, or a list of 1 to 256 texts.")
    encoding_format = serializers.ChoiceField(choices=["float", "base64"], required=False)
    dimensions = serializers.IntegerField(required=False)


class EmbeddingOut(serializers.Serializer[Any]):
    """The vector of one text."""

    object = serializers.CharField()
    index = serializers.IntegerField()
    embedding = serializers.JSONField(help_text="Numbers, or their base64 with encoding_format base64.")


class EmbeddingsUsageOut(serializers.Serializer[Any]):
    """Tokens of the texts."""

    prompt_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()


class EmbeddingsOut(serializers.Serializer[Any]):
    """Vectors in the order of the texts."""

    object = serializers.CharField()
    data = EmbeddingOut(many=True)  # type: ignore[assignment]  # only documents
    model = serializers.CharField()
    usage = EmbeddingsUsageOut()


class ResponseIn(serializers.Serializer[Any]):
    """What an agent is asked. Other parameters of OpenAI's are taken and left to the agent."""

    model = serializers.CharField(help_text="agent:<slug>; GET /v1/models lists them.")
    input = serializers.JSONField(help_text="A text, or a list of items: message, function_call, function_call_output.")
    instructions = serializers.CharField(required=False, allow_null=True)
    previous_response_id = serializers.CharField(
        required=False, allow_null=True, help_text="Goes on after this response; its instructions are not taken over."
    )
    stream = serializers.BooleanField(required=False)
    store = serializers.BooleanField(required=False, help_text="Whether it can be had again; true unless it is said.")
    tools = serializers.ListField(child=serializers.DictField(), required=False, help_text="Functions of the client.")
    tool_choice = serializers.JSONField(required=False)
    parallel_tool_calls = serializers.BooleanField(required=False)
    text = serializers.DictField(required=False, help_text="The form of the answer: format.")
    max_output_tokens = serializers.IntegerField(required=False, allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField(), required=False)


class ResponseUsageOut(serializers.Serializer[Any]):
    """Tokens of all calls the answer took."""

    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()


class ResponseOut(serializers.Serializer[Any]):
    """An answer with what was asked of it, in OpenAI's shape."""

    id = serializers.CharField()
    object = serializers.CharField()
    created_at = serializers.IntegerField()
    model = serializers.CharField()
    status = serializers.CharField(help_text="completed, incomplete, failed, cancelled or in_progress.")
    output = serializers.ListField(child=serializers.DictField(), help_text="A message, and calls of functions.")
    error = serializers.DictField(allow_null=True)
    incomplete_details = serializers.DictField(allow_null=True)
    instructions = serializers.CharField(allow_null=True)
    previous_response_id = serializers.CharField(allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField())
    usage = ResponseUsageOut(allow_null=True)


class ResponseItemsOut(serializers.Serializer[Any]):
    """What a response was given, with what was said before."""

    object = serializers.CharField()
    data = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]  # only documents
    first_id = serializers.CharField(allow_null=True)
    last_id = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ResponseDeletedOut(serializers.Serializer[Any]):
    """A response that cannot be had any more."""

    id = serializers.CharField()
    object = serializers.CharField()
    deleted = serializers.BooleanField()
