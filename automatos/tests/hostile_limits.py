"""The longest text that any way in lets stand in a column: where a limit is checked at each, no more is planted there.

Columns that are not named here are planted whole. Each group names the modules that refuse, or cut, what is longer.
"""

# Errors are words of ours with a name or a quote in them, each of which is cut (automatos/llm/providers/failures.py).
ERROR = 5_000
LONGEST: dict[str, int] = {
    # agents/services.py, agents/personas/services.py, agents/knowledge/{services,chunks}.py
    "Agent.description": 10_000,
    "AgentVersion.snapshot.name": 120,
    "Persona.description": 10_000,
    "Persona.system_prompt": 200_000,
    "Memory.text": 4_000,
    "Chunk.text": 1_400,
    "Document.error": ERROR,
    # automatos/skill_format/{reading,front_matter}.py: the whole front matter has 32,768 characters.
    "Skill.description": 1_024,
    "Skill.summary": 33_792,
    "Skill.body": 262_144,
    "Skill.metadata.name": 64,
    "Skill.metadata.description": 1_024,
    "Skill.metadata.license": 16_000,
    "Skill.metadata.allowed_tools": 16_000,
    "SkillSource.error": ERROR,
    # recipes/services.py, recipes/workflows/{services,planning}.py, recipes/lessons/services.py
    "Recipe.description": 10_000,
    "Workflow.description": 10_000,
    "Workflow.goal": 4_000,
    "StagePrompt.prompt": 8_000,
    "Lesson.text": 2_000,
    # recipes/engine/progress.py, recipes/waits/services.py, tools/{contract,arguments}.py, tools/logs/entries.py
    "Call.output": 20_000,
    "Call.data.arguments.text": 400_000,
    "Call.error.message": ERROR,
    "Approval.arguments.path": 400_000,
    "Approval.comment": 2_000,
    "Event.data.text": ERROR,
    "ExecutionStep.error.message": ERROR,
    "StepAttempt.error.message": ERROR,
    "ToolExecutionLog.arguments.text": 1_000,
    "ToolExecutionLog.result": 1_000,
    # Words and figures of our own, with names of steps, tools and inputs: recipes/quality/assessing.py, recipes/engine
    "Execution.learning.text": 20_000,
    "Execution.pins.text": 20_000,
    "Execution.quality.text": 20_000,
    "Execution.untrusted_inputs.text": 20_000,
    "ExecutionStep.origins.text": 20_000,
    # recipes/quality/{rating_services,judging}.py, recipes/evaluations/{set_services,expectations}.py
    "RunRating.comment": 1_500,
    "RunJudgement.goal": 4_000,
    "RunJudgement.error": ERROR,
    "RunJudgement.verdict.summary": 600,
    "EvaluationSet.description": 2_000,
    "EvaluationCase.expectations.text": 20_000,
    "EvaluationCell.reason": 2_000,
    # recipes/triggers/{tick_services,delivery_services}.py, recipes/evaluations/due_services.py
    "EvaluationSet.suspended": ERROR,
    "Schedule.suspended": ERROR,
    "ScheduleTick.reason": ERROR,
    "TriggerDelivery.reason": ERROR,
    # marketplace: listings/{services,review_services}.py, moderation/services.py, plugins/services.py
    "Listing.description": 10_000,
    "ListingVersion.description": 10_000,
    "ListingVersion.notes": 5_000,
    "ListingVersion.reason": 5_000,
    "ListingVersion.body.text": 300_000,
    "InstalledListing.base.text": 300_000,
    "ListingReview.text": 2_000,
    "Plugin.description": 20_000,
    "PluginAnswer.text": 5_000,
    "PluginDecision.reason": 5_000,
    "PluginNotice.reason": 5_000,
    "PluginReport.resolution": 5_000,
    "PluginReport.text": 5_000,
    "PluginReview.text": 2_000,
    "PluginVersion.first_reason": 5_000,
    "PluginVersion.notes": 5_000,
    "PluginVersion.reason": 5_000,
    # tools/composio/{catalogue,schemas,problems}.py, tools/remote/pins.py, tools/mcp/terms.py
    "ComposioActionCache.description": 4_000,
    "ComposioActionCache.parameters.properties.text.description": 2_000,
    "ComposioAppCache.description": 4_000,
    "ComposioConnection.problem": 600,
    "RemoteTool.document.name": 64,
    "RemoteTool.document.description": 20_000,
    "RemoteTool.offer.description": 20_000,
    "RemoteTool.pending.name": 64,
    "RemoteTool.pending.description": 20_000,
    "RemoteService.problem": 500,
    "RemoteService.failures.text": 500,
}
