"""Faults that are rows: members, what they asked for, volunteers, donations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from demo.fault import Fault, both, changed, day, fault, no_rows, row_fault, rows, sql
from demo.faults_people import MEMBER, member, shifted
from demo.pulse import site_now

H, D = timedelta(hours=1), timedelta(days=1)
REQUEST, MEMBERSHIP, EXPENSE = "tabMembership Termination Request", "tabMembership", "tabVolunteer Expense"

Made = tuple[str, int, timedelta, Mapping[str, object]]


def hour_ago(_: int) -> datetime:
    """An hour ago."""
    return site_now() - H


def request(count: int = 1, age: timedelta = D, **more: object) -> Made:
    """Terminations of nobody."""
    usual: dict[str, object] = {"member": lambda number: f"MEM-F{number}", "termination_type": "Voluntary"}
    return REQUEST, count, age, usual | more


def membership(age: timedelta = 2 * D, **more: object) -> Made:
    """A submitted, active membership of nobody."""
    usual: dict[str, object] = {"docstatus": 1, "status": "Active", "member": "NONE"}
    return MEMBERSHIP, 1, age, usual | more


FAULTS: dict[str, Fault] = {
    "members_gone": changed(
        "no member is active: a wrong statement suspended all",
        "members_active members_active_change_percent_1d members_churn_percent_30d"
        " dues_of_inactive_members dues_blocked_by_ended_member",
        "UPDATE tabMember SET status = 'Suspended' WHERE status = 'Active'",
        "UPDATE tabMember SET status = 'Active' WHERE status = 'Suspended'",
    ),
    "members_leave": row_fault(
        "700 terminations were executed within the hour",
        "members_left_percent_24h members_churn_percent_30d members_terminated_24h",
        request(700, H, status="Executed", execution_date=hour_ago),
    ),
    "member_without_membership": row_fault(
        "an active member has no membership and no schedule",
        "members_without_membership members_without_dues_schedule",
        member(status="Active"),
    ),
    "member_without_customer": changed(
        "an active member has no customer",
        "members_without_customer",
        "UPDATE tabMember SET customer = NULL WHERE name = 'MEM-00001'",
        "UPDATE tabMember SET customer = 'CUS-00001' WHERE name = 'MEM-00001'",
    ),
    "member_number_twice": row_fault(
        "two members have one number", "member_ids_duplicate", member(member_id="L 00001")
    ),
    "member_cannot_be_saved": changed(
        "a member cancelled at Mollie: a status that the app writes and does not know",
        "members_unknown_status",
        "UPDATE tabMember SET subscription_status = 'cancelled' WHERE name = 'MEM-00001'",
        "UPDATE tabMember SET subscription_status = NULL WHERE name = 'MEM-00001'",
    ),
    "membership_twice": row_fault(
        "a member has two memberships", "memberships_two_active", membership(member="MEM-00001")
    ),
    "membership_expired": row_fault(
        "a membership's renewal date passed two months ago",
        "memberships_expired_but_active",
        membership(renewal_date=day(-60)),
    ),
    "membership_cancelled": row_fault(
        "a membership was cancelled to the end of its period, which has passed",
        "memberships_cancelled_but_active",
        membership(cancellation_type="End of Period", cancellation_date=day(-60), renewal_date=day(-20)),
    ),
    "member_rejoined": row_fault(
        "a member who left has joined anew and stays Terminated",
        "memberships_of_ended_members",
        membership(H, member="MEM-00024"),
    ),
    "approved_half_way": row_fault(
        "an application was approved half way",
        "memberships_of_pending_members",
        member(status="Pending"),
        membership(member="fault-0"),
    ),
    "application_waits": row_fault(
        "an application waits for ten days",
        "applications_waiting_7d",
        member(1, 10 * D, application_status="Pending"),
    ),
    "termination_overdue": row_fault(
        "a termination was not carried out",
        "terminations_overdue",
        request(status="Approved", termination_date=day(-3)),
    ),
    "termination_waits": row_fault(
        "nobody decides on a termination",
        "terminations_waiting_7d",
        request(status="Pending", request_date=day(-10)),
    ),
    "termination_by_hand": fault(
        "a termination was set to Executed in the form: nothing but the member's status followed",
        "terminations_without_effect memberships_of_ended_members",
        "",
        both(
            rows(REQUEST, 1, 2 * D, status="Executed", member="MEM-00005"),
            sql("UPDATE tabMember SET status = 'Terminated' WHERE name = 'MEM-00005'"),
            sql("UPDATE `tabMembership Dues Schedule` SET status = 'Paused' WHERE member = 'MEM-00005'"),
            sql("UPDATE tabMembership SET creation = creation - INTERVAL 9 DAY WHERE member = 'MEM-00005'"),
        ),
        both(
            no_rows(REQUEST),
            sql("UPDATE tabMember SET status = 'Active' WHERE name = 'MEM-00005'"),
            sql("UPDATE `tabMembership Dues Schedule` SET status = 'Active' WHERE member = 'MEM-00005'"),
            sql("UPDATE tabMembership SET creation = creation + INTERVAL 9 DAY WHERE member = 'MEM-00005'"),
        ),
    ),
    "termination_undone": row_fault(
        "a termination was executed two days ago, and the member is active",
        "terminations_without_effect",
        request(1, 2 * D, status="Executed", execution_date=lambda _: site_now() - 2 * D, member="fault-0"),
        member(status="Pending"),
    ),
    "amendment_overdue": row_fault(
        "a changed contribution was not carried out",
        "amendments_overdue",
        ("tabContribution Amendment Request", 1, D, {"status": "Approved", "effective_date": day(-5)}),
    ),
    "requests_wait": row_fault(
        "nobody answers 25 who want to join a chapter",
        "requests_of_members_waiting",
        ("tabChapter Join Request", 25, 20 * D, {"status": "Pending", "request_date": day(-20)}),
    ),
    "mandate_request_waits": row_fault(
        "a member asked for another account, which only the Error Log knows",
        "mandate_requests_waiting",
        (
            "tabError Log",
            1,
            2 * D,
            {"method": "SEPA_MANDATE_REQUEST|MEM-NONE|NL00|", "error": "SEPA Mandate Pending"},
        ),
    ),
    "account_not_made": row_fault(
        "an account was not made",
        "account_creations_failed",
        ("tabAccount Creation Request", 1, D, {"status": "Failed", "email": "nobody@voorbeeld.invalid"}),
    ),
    "no_new_members": changed(
        "nobody became a member for nine days", "silent_stop_members", *shifted(MEMBER, 9)
    ),
    "volunteers_gone": changed(
        "no volunteer is active",
        "volunteers_active",
        "UPDATE tabVolunteer SET status = 'Retired'",
        "UPDATE tabVolunteer SET status = 'Active'",
    ),
    "volunteers_idle": changed(
        "no volunteer has an assignment",
        "volunteer_engagement_percent",
        "UPDATE `tabVolunteer Assignment` SET status = 'Paused'",
        "UPDATE `tabVolunteer Assignment` SET status = 'Active'",
    ),
    "volunteer_left": row_fault(
        "a volunteer left the association",
        "volunteers_of_ended_members",
        ("tabVolunteer", 1, D, {"member": "MEM-00024", "status": "Active"}),
    ),
    "expenses_pile_up": row_fault(
        "250 expenses wait", "volunteer_expenses_pending", (EXPENSE, 250, D, {"status": "Submitted"})
    ),
    "expenses_wait": row_fault(
        "eight expenses wait for three weeks",
        "volunteer_expenses_waiting_14d",
        (EXPENSE, 8, 21 * D, {"status": "Submitted"}),
    ),
    "expenses_unclaimed": row_fault(
        "approved expenses have no claim",
        "expenses_approved_unclaimed_7d",
        (EXPENSE, 12, 21 * D, {"status": "Approved"}),
    ),
    "claims_wait": row_fault(
        "eight claims from the portal wait for three weeks",
        "volunteer_claims_waiting_14d",
        (EXPENSE, 8, 21 * D, {"status": "Draft", "expense_claim_id": lambda number: f"fault-{number}"}),
        ("tabExpense Claim", 8, 21 * D, {"approval_status": "Draft"}),
    ),
    "donation_large": row_fault(
        "30,000 euros were given today",
        "donations_today_eur",
        ("tabDonation", 1, timedelta(), {"amount": 30_000, "donation_date": day(0), "paid": 1}),
    ),
    "donations_open": row_fault(
        "twelve online donations are open for three weeks",
        "donations_pending_14d",
        ("tabDonation", 12, 21 * D, {"payment_status": "Pending", "payment_id": "tr_fault"}),
    ),
    "agreement_ends": row_fault(
        "a periodic agreement ends in a week",
        "donation_agreements_expiring_30d",
        ("tabPeriodic Donation Agreement", 1, D, {"status": "Active", "end_date": day(7)}),
    ),
    "agreement_ended": row_fault(
        "a periodic agreement is active past its end",
        "agreements_ended_but_active",
        ("tabPeriodic Donation Agreement", 1, D, {"status": "Active", "end_date": day(-7)}),
    ),
    "no_donations": changed(
        "nothing was given for nine days", "silent_stop_donations", *shifted("tabDonation", 9)
    ),
}
