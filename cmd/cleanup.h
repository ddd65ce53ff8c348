/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup attributes for locals that own an object of libmhp. */
#pragma once

#include "lib/base/cleanup.h"
#include "lib/tool.h"

DEFINE_CLEANUP(struct mhp_check *, cleanup_check_func, mhp_check_free)
DEFINE_CLEANUP(struct mhp_pin_check *, cleanup_pin_check_func, mhp_pin_check_free)
DEFINE_CLEANUP(struct mhp_ctx *, cleanup_ctx_func, mhp_ctx_free)
DEFINE_CLEANUP(struct mhp_doctor_report *, cleanup_doctor_report_func, mhp_doctor_report_free)
DEFINE_CLEANUP(struct mhp_topology *, cleanup_topology_func, mhp_topology_free)
DEFINE_CLEANUP(struct mhp_plan *, cleanup_plan_func, mhp_plan_free)
DEFINE_CLEANUP(struct mhp_policy *, cleanup_policy_func, mhp_policy_free)
DEFINE_CLEANUP(struct mhp_policy_plan *, cleanup_policy_plan_func, mhp_policy_plan_free)
DEFINE_CLEANUP(struct mhp_jobs *, cleanup_jobs_func, mhp_jobs_free)
DEFINE_CLEANUP(struct mhp_recovery_report *, cleanup_recovery_report_func, mhp_recovery_report_free)
DEFINE_CLEANUP(struct mhp_report *, cleanup_report_func, mhp_report_free)
DEFINE_CLEANUP(struct mhp_reporting *, cleanup_reporting_func, mhp_reporting_free)
DEFINE_CLEANUP(struct mhp_result *, cleanup_result_func, mhp_result_free)

#define cleanup_check		__attribute__((cleanup(cleanup_check_func)))
#define cleanup_pin_check	__attribute__((cleanup(cleanup_pin_check_func)))
#define cleanup_ctx		__attribute__((cleanup(cleanup_ctx_func)))
#define cleanup_doctor_report	__attribute__((cleanup(cleanup_doctor_report_func)))
#define cleanup_topology	__attribute__((cleanup(cleanup_topology_func)))
#define cleanup_plan		__attribute__((cleanup(cleanup_plan_func)))
#define cleanup_policy		__attribute__((cleanup(cleanup_policy_func)))
#define cleanup_policy_plan	__attribute__((cleanup(cleanup_policy_plan_func)))
#define cleanup_jobs		__attribute__((cleanup(cleanup_jobs_func)))
#define cleanup_recovery_report __attribute__((cleanup(cleanup_recovery_report_func)))
#define cleanup_report		__attribute__((cleanup(cleanup_report_func)))
#define cleanup_reporting	__attribute__((cleanup(cleanup_reporting_func)))
#define cleanup_result		__attribute__((cleanup(cleanup_result_func)))
