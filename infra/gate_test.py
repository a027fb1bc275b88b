"""Seeds mistakes into the template and sees each one caught, and the template itself pass.

A gate is only worth its time if it can fail: every mistake here would be rejected by AWS at deployment, or be accepted
and hurt later.
"""

import copy
import tempfile
import unittest
from pathlib import Path

import gate


def at(template, path):
    """The container of a path's last part, and that part."""
    *parents, last = path.split("/")
    for part in parents:
        template = template[int(part) if part.isdigit() else part]
    return template, int(last) if last.isdigit() else last


def resource(path):
    return "Resources/" + path.replace(":", "/Properties/", 1)


SQS_MAPPING = "SyncGoogleMapping:"
STREAM_MAPPING = "OutboxMapping:"
SWEEP_EVENT = "DueSweep:Events/EveryMinute/Properties/"
STATEMENT = "SyncWorker:Policies/0/Statement/0/"
GONE = object()
SOURCE = gate.source()

# (path, wrong value, part of the finding); by rules alone, which is quick.
STRUCTURAL = [
    ("SyncGoogleQueue:VisibilityTimeout", 60, "a run may take 60 s"),
    ("SyncGoogleQueue:RedrivePolicy", GONE, "no dead-letter queue"),
    ("SyncGoogleQueue:MessageRetentionPeriod", 1209600, "forgets dead letters"),
    ("SyncGoogleQueue:FifoQueue", True, "queues are standard"),
    ("SyncGoogleQueue:SqsManagedSseEnabled", False, "not encrypted"),
    (SQS_MAPPING + "FunctionResponseTypes", GONE, "fail its whole batch"),
    (SQS_MAPPING + "ScalingConfig", GONE, "nothing governs"),
    (STREAM_MAPPING + "BisectBatchOnFunctionError", GONE, "hold up its batch"),
    (STREAM_MAPPING + "MaximumRetryAttempts", GONE, "retried until"),
    (STREAM_MAPPING + "DestinationConfig", GONE, "kept nowhere"),
    (STREAM_MAPPING + "FilterCriteria/Filters/0/Pattern", "{eventName:INSERT}", "the filter is not JSON"),
    ("Table:StreamSpecification", GONE, "Table has no stream"),
    (SWEEP_EVENT + "ScheduleExpression", "rate(1 minutes)", "is not a schedule"),
    (SWEEP_EVENT + "DeadLetterConfig", GONE, "leaves no trace"),
    ("SyncWorkerErrors", GONE, "no alarm on its errors"),
    ("SyncWorkerLogs", GONE, "its log group is missing"),
    ("ApiLogs:RetentionInDays", GONE, "ApiLogs: kept for ever"),
    ("Identity:Handler", "sign-in", "is taken"),
    ("DueSweepFailuresNotEmpty", GONE, "nobody would notice"),
    ("SweepStopped:AlarmActions", [], "goes off unheard"),
    (STATEMENT + "Action/0", "dynamodb:Scan", "dynamodb:Scan is too much"),
    (STATEMENT + "Action/0", "dynamodb:*", "dynamodb:* is too much"),
    (STATEMENT + "Resource", "*", "on everything"),
    (STATEMENT + "Condition/Null", GONE, "without LeadingKeys and the Null guard"),
    (STATEMENT + "Condition", GONE, "without LeadingKeys and the Null guard"),
    (STATEMENT + "Condition/ForAllValues:StringLike/dynamodb:LeadingKeys", ["*"], "nor the prefix"),
    (STATEMENT + "Condition/ForAllValues:StringLike/dynamodb:LeadingKeys", ["*#END"], "nor the prefix"),
    (STATEMENT + "Action/0", "secretsmanager:DeleteSecret", "may delete secrets"),
    ("SyncWorker:Environment/Variables/VAULT_MODE", GONE, "may make secrets, and is not told which"),
    ("TenantPurge:Environment/Variables/VAULT_MODE", {"Ref": "VaultMode"}, "and may make none"),
    ("SyncWorker:Environment/Variables/TABLE_NAME", GONE, "may reach Table, which it is not told of"),
    ("Identity:Environment/Variables/QUEUE", {"Ref": "SyncGoogleQueue"}, "may not reach SyncGoogleQueue"),
    ("SyncWorker:Policies", ["AmazonSQSFullAccess"], "is not spelled out"),
    ("SyncWorker:Environment/Variables/GOOGLE", {"Ref": "GoogleClientSecret"}, "holds a secret"),
    ("Table/DeletionPolicy", GONE, "goes with the stack"),
    ("Table:PointInTimeRecoverySpecification", GONE, "cannot be restored"),
    ("Table:DeletionProtectionEnabled", False, "deleted by a slip"),
    ("SignInRoute2:RouteKey", "GET /", "is there twice"),
    ("SignInRoute2:RouteKey", "GET sign-in", "is not a route"),
    ("SignInRoute2:Target", {"Fn::Sub": "integrations/${Nothing}"}, "leads nowhere"),
    ("SignInPermission", GONE, "may not call SignIn"),
    ("WebhooksPubsubRoute1", GONE, "no route leads here"),
    ("Dashboard:DashboardBody", "{", "the body is not JSON"),
]

# Caught by the transform.
SAM = [
    ("SyncWorker:Policies", [{"NoSuchPolicy": {}}], "SAM:"),
    ("DueSweep:Events/EveryMinute/Type", "ScheduleV3", "SAM:"),
    (SWEEP_EVENT + "Expression", "rate(1 minute)", "SAM:"),
]

# Caught by cfn-lint on the transformed template.
LINT = [
    ("SyncWorker:Architectures", ["arm65"], "E3030"),
    ("SyncWorker:Runtime", "provided.al2022", "E3030"),
    ("Table:AttributeDefinitions/4", GONE, "E3039"),
    (STATEMENT + "Action/0", "dynamodb:GetItems", "W3037"),
    (SQS_MAPPING + "BatchSize", 100_000, "E3034"),
    ("SyncGoogleQueue:VisibilityTimout", 360, "E3002"),
    ("SyncGoogleQueue:RedrivePolicy/deadLetterTargetArn", {"Fn::GetAtt": ["SyncGoogleDeadLetters", "Am"]}, "E1010"),
]


def seeded(path, wrong):
    template = copy.deepcopy(SOURCE)
    container, name = at(template, resource(path))
    if wrong is GONE:
        del container[name]
    else:
        container[name] = wrong
    return template


class Gate(unittest.TestCase):
    def test_the_template_passes(self):
        self.assertEqual(gate.findings(gate.source()), [])

    def test_it_passes_without_gradual_deployment_too(self):
        plain, refused = gate.expand(gate.source(), gradual="false")
        self.assertEqual(refused + gate.rules.broken(plain, gate.REPOSITORY), [])

    def caught(self, mistakes, with_lint):
        for path, wrong, expected in mistakes:
            with self.subTest(path=path, expected=expected):
                found = gate.findings(seeded(path, wrong), with_lint=with_lint)
                self.assertTrue(any(expected in line for line in found), found)

    def test_the_rules_catch_what_the_tools_miss(self):
        self.caught(STRUCTURAL, with_lint=False)

    def test_the_transform_catches_what_sam_does_not_know(self):
        self.caught(SAM, with_lint=False)

    def test_cfn_lint_sees_the_transformed_template(self):
        self.caught(LINT, with_lint=True)

    def test_a_deployment_preference_that_does_not_exist_is_caught(self):
        template = gate.source()
        template["Globals"]["Function"]["DeploymentPreference"]["Type"] = "Canary10Percent6Minutes"
        found = gate.findings(template, with_lint=False)
        self.assertTrue(any("there is no" in line for line in found), found)

    def test_a_function_without_a_sample_event_is_caught(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            found = gate.findings(gate.source(), Path(elsewhere), with_lint=False)
        functions = [one for one in gate.source()["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
        self.assertGreater(len(functions), 10)
        self.assertEqual(sum("no sample event" in line for line in found), len(functions))


if __name__ == "__main__":
    unittest.main()
