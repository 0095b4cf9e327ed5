"""Addresses: pages under /w/<workspace>/, the API under /api/, the desk under /admin/."""

from django.urls import URLPattern, URLResolver, path

from marketplace.browse import urls as browse
from marketplace.enabling import urls as enabling
from marketplace.listings import urls as listings
from marketplace.moderation import api as desk
from marketplace.moderation import featured_api as featured
from marketplace.moderation import review_api as reviews
from marketplace.plugins import api as plugins
from marketplace.plugins import import_api as imports
from marketplace.plugins import views
from marketplace.publishers import api as publishers
from marketplace.publishers import views as publisher_pages
from marketplace.reports import views as reports
from marketplace.submissions import views as submissions

pages: list[URLPattern | URLResolver] = [
    *browse.pages,
    *enabling.pages,
    *listings.pages,
    path("plugins/notices/<uuid:notice_id>/dismiss/", views.notice_dismiss, name="plugin_notice_dismiss"),
    path("marketplace/submissions/", submissions.submission_list, name="submissions"),
    path("marketplace/submissions/new/", submissions.submission_new, name="submission_new"),
    path("marketplace/submissions/imports/<uuid:import_id>/", submissions.submission_import, name="submission_import"),
    path("marketplace/submissions/<uuid:version_id>/", submissions.submission_detail, name="submission"),
    path("marketplace/submissions/<uuid:version_id>/files/", submissions.submission_files, name="submission_files"),
    path("marketplace/submissions/<uuid:version_id>/answer/", submissions.submission_answer, name="submission_answer"),
    path(
        "marketplace/submissions/<uuid:version_id>/new-version/",
        submissions.submission_version,
        name="submission_version",
    ),
    path(
        "marketplace/submissions/<uuid:version_id>/withdraw/",
        submissions.submission_withdraw,
        name="submission_withdraw",
    ),
    path("marketplace/submissions/<uuid:version_id>/again/", submissions.submission_again, name="submission_again"),
    path("marketplace/publisher/", publisher_pages.publisher, name="publisher"),
    path("marketplace/publisher/edit/", publisher_pages.publisher_edit, name="publisher_edit"),
    path("marketplace/publisher/keys/new/", publisher_pages.publisher_key_new, name="publisher_key_new"),
    path(
        "marketplace/publisher/keys/<uuid:publisher_key_id>/revoke/",
        publisher_pages.publisher_key_revoke,
        name="publisher_key_revoke",
    ),
    path("marketplace/plugins/<uuid:plugin_id>/report/", reports.plugin_report, name="plugin_report"),
    path("marketplace/reports/", reports.report_list, name="plugin_reports"),
]
outside: list[URLPattern | URLResolver] = [*listings.outside, *enabling.outside]
api: list[URLPattern | URLResolver] = [
    *enabling.api,
    *listings.api,
    path("marketplace/categories", plugins.CategoryList.as_view(), name="api_plugin_categories"),
    path("marketplace/plugins", plugins.PluginList.as_view(), name="api_plugins"),
    path("marketplace/plugins/<uuid:plugin_id>", plugins.PluginDetail.as_view(), name="api_plugin"),
    path("marketplace/plugins/<uuid:plugin_id>/reports", plugins.PluginReports.as_view(), name="api_plugin_report"),
    path("marketplace/imports", imports.ImportList.as_view(), name="api_plugin_imports"),
    path("marketplace/imports/<uuid:import_id>", imports.ImportDetail.as_view(), name="api_plugin_import"),
    path("marketplace/submissions", plugins.SubmissionList.as_view(), name="api_submissions"),
    path("marketplace/submissions/<uuid:version_id>", plugins.SubmissionDetail.as_view(), name="api_submission"),
    path(
        "marketplace/submissions/<uuid:version_id>/answers",
        plugins.SubmissionAnswers.as_view(),
        name="api_submission_answers",
    ),
    path(
        "marketplace/submissions/<uuid:version_id>/files",
        plugins.SubmissionFiles.as_view(),
        name="api_submission_files",
    ),
    path(
        "marketplace/submissions/<uuid:version_id>/files/<path:path>",
        plugins.SubmissionFile.as_view(),
        name="api_submission_file",
    ),
    path("marketplace/reports", plugins.MyReports.as_view(), name="api_plugin_reports"),
    path("marketplace/notices", plugins.NoticeList.as_view(), name="api_plugin_notices"),
    path("marketplace/notices/<uuid:notice_id>/dismiss", plugins.NoticeDismiss.as_view(), name="api_plugin_notice"),
    path("marketplace/publisher", publishers.PublisherDetail.as_view(), name="api_publisher"),
    path("marketplace/publisher/keys", publishers.PublisherKeyList.as_view(), name="api_publisher_keys"),
    path(
        "marketplace/publisher/keys/<uuid:publisher_key_id>",
        publishers.PublisherKeyDetail.as_view(),
        name="api_publisher_key",
    ),
    path("admin/reviews/<uuid:review_id>/take-away", reviews.ReviewTakeAway.as_view(), name="api_desk_review"),
    path("admin/plugins/upload", desk.PluginUpload.as_view(), name="api_plugins_upload"),
    path("admin/plugins/imports", desk.DeskImports.as_view(), name="api_desk_imports"),
    path("admin/plugins/imports/<uuid:import_id>", desk.DeskImport.as_view(), name="api_desk_import"),
    path("admin/plugins/pending", desk.PendingList.as_view(), name="api_plugins_pending"),
    path("admin/plugins/reports", desk.DeskReports.as_view(), name="api_desk_reports"),
    path("admin/plugins/reports/<uuid:report_id>", desk.DeskReport.as_view(), name="api_desk_report"),
    path("admin/plugins/rescans", desk.Rescans.as_view(), name="api_desk_rescans"),
    path("admin/plugins/rescans/<uuid:scan_id>", desk.RescanSeen.as_view(), name="api_desk_rescan"),
    path("admin/plugins/<uuid:desk_id>", desk.DeskDetail.as_view(), name="api_desk_version"),
    path("admin/plugins/<uuid:desk_id>/files", desk.DeskFiles.as_view(), name="api_desk_files"),
    path("admin/plugins/<uuid:desk_id>/files/<path:path>", desk.DeskFile.as_view(), name="api_desk_file"),
    path("admin/plugins/<uuid:desk_id>/approve", desk.Approve.as_view(), name="api_desk_approve"),
    path("admin/plugins/<uuid:desk_id>/reject", desk.Reject.as_view(), name="api_desk_reject"),
    path("admin/plugins/<uuid:desk_id>/request-changes", desk.RequestChanges.as_view(), name="api_desk_changes"),
    path("admin/plugins/<uuid:desk_id>/deactivate", desk.Deactivate.as_view(), name="api_desk_deactivate"),
    path("admin/plugins/<uuid:desk_id>/block", desk.Block.as_view(), name="api_desk_block"),
    path("admin/plugins/<uuid:desk_id>/reopen", desk.Reopen.as_view(), name="api_desk_reopen"),
    path("admin/plugins/<uuid:desk_id>/feature", featured.Feature.as_view(), name="api_desk_feature"),
    path("admin/plugins/<uuid:desk_id>/scan", desk.Scan.as_view(), name="api_desk_scan"),
]
