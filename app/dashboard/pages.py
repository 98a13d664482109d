"""All pages of the dashboard and their static files, as one router for `app.main`."""

from fastapi import APIRouter

from app.dashboard import assets, budgets, classifiers, corpora, exports, generations, jobs, recipes, reviews

router = APIRouter(include_in_schema=False)
for part in (classifiers, recipes, budgets, jobs, generations, reviews, corpora, exports, assets):
    router.include_router(part.router)
