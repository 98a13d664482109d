"""All pages of the dashboard and their static files, as one router for `app.main`."""

from fastapi import APIRouter

from app.dashboard import assets, classifiers, corpora, exports, generations, jobs, reviews

router = APIRouter(include_in_schema=False)
for part in (classifiers, jobs, generations, reviews, corpora, exports, assets):
    router.include_router(part.router)
