"""The doors of referral: cases for those whose they are, the roster for coordinators, referrals for partners."""

from fastapi import APIRouter

from services.referral.changed_posts import ChangedPosts
from services.referral.consultation import Consultations
from services.referral.disclosing import Disclosures
from services.referral.domain.terms import Terms
from services.referral.http.cases import case_doors
from services.referral.http.coverage import coverage_doors
from services.referral.http.erasures import erasure_doors
from services.referral.http.fhir import fhir_doors
from services.referral.http.inspections import inspection_doors
from services.referral.http.list import list_doors
from services.referral.http.merging import merging_doors
from services.referral.http.openings import opening_doors
from services.referral.http.partner import partner_pages
from services.referral.http.posts import Ids, post_doors
from services.referral.http.referrals import referral_doors
from services.referral.http.statistics import Reading, statistics_doors
from services.referral.http.writing import writing_doors
from shared.delivery.delivery import Delivery


def doors(
    delivery: Delivery,
    consultations: Consultations,
    disclosures: Disclosures,
    *,
    terms: Terms,
    statistics: Reading,
    ids: Ids,
    changed_posts: ChangedPosts,
    link_base: str = "",
    is_trial: bool = False,
) -> tuple[APIRouter, ...]:
    """All of them."""
    return (
        list_doors(delivery),
        case_doors(delivery, terms),
        writing_doors(delivery),
        merging_doors(delivery, terms),
        referral_doors(delivery, disclosures, terms),
        fhir_doors(delivery, link_base),
        partner_pages(disclosures, is_trial=is_trial),
        opening_doors(consultations),
        inspection_doors(delivery, consultations),
        erasure_doors(delivery),
        post_doors(delivery, terms, ids, changed_posts),
        coverage_doors(delivery),
        statistics_doors(statistics),
    )
