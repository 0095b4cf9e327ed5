"""Addresses of shared agents, recipes and skills."""

from django.urls import URLPattern, URLResolver, path

from marketplace.listings import api as rest
from marketplace.listings import review_api, review_views, views

pages: list[URLPattern | URLResolver] = [
    path("marketplace/share/<slug:listing_kind>/<uuid:shared_id>/", views.listing_share, name="listing_share"),
    path("marketplace/shared/", views.listings_shared, name="listings_shared"),
    path("marketplace/shared/<uuid:listing_version_id>/withdraw/", views.listing_withdraw, name="listing_withdraw"),
    path("marketplace/listings/<slug:listing>/", views.listing_detail, name="listing"),
    path("marketplace/listings/<slug:listing>/install/", views.listing_install, name="listing_install"),
    path("marketplace/listings/<slug:listing>/review/", review_views.listing_review, name="listing_review"),
    path("marketplace/installed/", views.listings_installed, name="listings_installed"),
    path("marketplace/installed/<uuid:install_id>/update/", views.listing_update, name="listing_update"),
    path("marketplace/installed/<uuid:install_id>/uninstall/", views.listing_uninstall, name="listing_uninstall"),
    path("marketplace/link/<str:link_token>/", views.listing_by_link, name="listing_by_link"),
]
outside: list[URLPattern | URLResolver] = [
    path("shared/<str:link_token>/", views.listing_link, name="listing_link"),
]
api: list[URLPattern | URLResolver] = [
    path("marketplace/listings", rest.ListingList.as_view(), name="api_listings"),
    path("marketplace/listings/<slug:listing>", rest.ListingDetail.as_view(), name="api_listing"),
    path("marketplace/listings/<slug:listing>/install", rest.ListingInstall.as_view(), name="api_listing_install"),
    path(
        "marketplace/listings/<slug:listing>/reviews", review_api.ListingReviews.as_view(), name="api_listing_reviews"
    ),
    path("marketplace/shared", rest.SharedList.as_view(), name="api_listings_shared"),
    path("marketplace/shared/<uuid:listing_version_id>", rest.SharedDetail.as_view(), name="api_listing_shared"),
    path("marketplace/installed", rest.InstalledList.as_view(), name="api_listings_installed"),
    path("marketplace/installed/<uuid:install_id>", rest.InstalledDetail.as_view(), name="api_listing_installed"),
]
