"""Rules of the deployment that no stock tool checks, over the transformed template.

Each rule is a generator of findings; its first line says what must hold.
"""

import json
import re

SCHEDULE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\((\S+ ){5}\S+\)")
# A greedy parameter stands last.
ROUTE_KEY = re.compile(r"(GET|POST|PUT|PATCH|DELETE|OPTIONS) /[\w\-/{}.]*(\{\w+\+\})?")
DEPLOYMENTS = re.compile(r"CodeDeployDefault\.Lambda(AllAtOnce|Canary10Percent(5|10|15|30)Minutes|Linear10PercentEvery(1|2|3|10)Minutes?)")
RETAINED = {"AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"}
REACHED = {"AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::SQS::Queue", "AWS::Events::EventBus"}
WORKER_RUNS_PER_VISIBILITY = 6
# SAM lets functions write logs and traces and CodeDeploy shift traffic; anything else is ours to spell out.
MANAGED_POLICIES = ("AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSCodeDeployRoleForLambda")
STREAM_READS = {f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}


class Stack:
    def __init__(self, plain):
        self.resources = plain["Resources"]

    def of(self, kind):
        """(logical id, properties) of each resource of a type."""
        return [(id, r.get("Properties", {})) for id, r in self.resources.items() if r["Type"] == kind]

    def properties(self, id):
        return self.resources[id]["Properties"]


def target(value):
    """The logical id that a Ref, a GetAtt or the first name in a Sub points at."""
    if isinstance(value, dict):
        if "Ref" in value:
            return value["Ref"]
        if "Fn::GetAtt" in value:
            return value["Fn::GetAtt"][0]
        if "Fn::Sub" in value:
            named = re.search(r"\$\{(\w+)", value["Fn::Sub"])
            return named and named.group(1)
    return None


def listed(value):
    return value if isinstance(value, list) else [value]


def behind(stack, value):
    """The function behind a reference, through its alias if there is one."""
    id = target(value)
    if id and stack.resources[id]["Type"] == "AWS::Lambda::Alias":
        return target(stack.properties(id)["FunctionName"])
    return id


def queues_are_worked_off_safely(stack, _):
    """A consumed queue is standard, has dead letters kept longer than itself, and hides a message for six runs."""
    for id, mapping in stack.of("AWS::Lambda::EventSourceMapping"):
        queue_id = target(mapping["EventSourceArn"])
        if stack.resources[queue_id]["Type"] != "AWS::SQS::Queue":
            continue
        queue = stack.properties(queue_id)
        timeout = stack.properties(behind(stack, mapping["FunctionName"])).get("Timeout", 3)
        visibility = queue.get("VisibilityTimeout", 30)
        if visibility < WORKER_RUNS_PER_VISIBILITY * timeout:
            yield f"{queue_id}: visible again after {visibility} s, but a run may take {timeout} s"
        if queue.get("FifoQueue"):
            yield f"{queue_id}: order comes from the table, queues are standard"
        dead_letters = target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        if not dead_letters:
            yield f"{queue_id}: no dead-letter queue"
        elif stack.properties(dead_letters).get("MessageRetentionPeriod", 345600) <= queue.get("MessageRetentionPeriod", 345600):
            yield f"{dead_letters}: forgets dead letters as soon as {queue_id} does"
        if "MaximumConcurrency" not in mapping.get("ScalingConfig", {}):
            yield f"{id}: nothing governs the calls to the provider"


def failures_are_reported_item_by_item(stack, _):
    """Every mapping takes partial batch failures."""
    for id, mapping in stack.of("AWS::Lambda::EventSourceMapping"):
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{id}: one bad item would fail its whole batch"


def streams_do_not_stop_at_a_bad_record(stack, _):
    """A stream mapping reads a table that has a stream, bisects, gives up after a while, and keeps what it gave up."""
    for id, mapping in stack.of("AWS::Lambda::EventSourceMapping"):
        table_id = target(mapping["EventSourceArn"])
        if stack.resources[table_id]["Type"] != "AWS::DynamoDB::Table":
            continue
        if "StreamSpecification" not in stack.properties(table_id):
            yield f"{id}: {table_id} has no stream"
        if not mapping.get("BisectBatchOnFunctionError"):
            yield f"{id}: a bad record would hold up its batch"
        if mapping.get("MaximumRetryAttempts", -1) < 0:
            yield f"{id}: a bad record would be retried until the stream forgets it"
        if not mapping.get("DestinationConfig", {}).get("OnFailure"):
            yield f"{id}: what is given up is kept nowhere"
        for filter in mapping.get("FilterCriteria", {}).get("Filters", []):
            if not is_json(filter["Pattern"]):
                yield f"{id}: the filter is not JSON"


def schedules_are_valid_and_keep_what_failed(stack, _):
    """A schedule's expression is one that EventBridge takes, and it has a dead-letter queue."""
    for id, schedule in stack.of("AWS::Scheduler::Schedule"):
        expression = schedule["ScheduleExpression"]
        if not SCHEDULE.fullmatch(expression):
            yield f"{id}: {expression} is not a schedule"
        if "DeadLetterConfig" not in schedule["Target"]:
            yield f"{id}: an invocation that fails leaves no trace"


def functions_are_watched(stack, repository):
    """Every function has an alarm on errors, a log group that ends, a sample event and a handler name of its own."""
    alarmed = {
        target(dimension["Value"])
        for _, alarm in stack.of("AWS::CloudWatch::Alarm")
        if alarm["MetricName"] == "Errors"
        for dimension in alarm.get("Dimensions", [])
    }
    groups = {text(group.get("LogGroupName")): group for _, group in stack.of("AWS::Logs::LogGroup")}
    handlers = set()
    for id, function in stack.of("AWS::Lambda::Function"):
        handler = function["Handler"]
        if id not in alarmed:
            yield f"{id}: no alarm on its errors"
        if "RetentionInDays" not in groups.get(f"/aws/lambda/{text(function['FunctionName'])}", {}):
            yield f"{id}: its log group is missing or kept for ever"
        if handler in handlers:
            yield f"{id}: the handler {handler} is taken"
        if not (repository / "events" / f"{handler}.json").exists():
            yield f"{id}: no sample event in events/{handler}.json"
        handlers.add(handler)
    for id, group in stack.of("AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group:
            yield f"{id}: kept for ever"


def dead_letters_are_noticed(stack, _):
    """Every queue that only collects failures has an alarm on its depth."""
    alarmed = {
        target(dimension["Value"])
        for _, alarm in stack.of("AWS::CloudWatch::Alarm")
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Dimensions"]
    }
    consumed = {target(mapping["EventSourceArn"]) for _, mapping in stack.of("AWS::Lambda::EventSourceMapping")}
    for id, queue in stack.of("AWS::SQS::Queue"):
        if id not in consumed and id not in alarmed:
            yield f"{id}: nobody would notice what lands there"
        if not queue.get("SqsManagedSseEnabled"):
            yield f"{id}: not encrypted"


def alarms_reach_someone(stack, _):
    """Every alarm has an action."""
    for id, alarm in stack.of("AWS::CloudWatch::Alarm"):
        if not alarm.get("AlarmActions"):
            yield f"{id}: goes off unheard"


def statements(stack):
    for id, role in stack.of("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in listed(policy["PolicyDocument"]["Statement"]):
                yield id, statement


def permissions_are_the_least(stack, _):
    """Actions are named one by one, on named resources, and the table only under named key prefixes."""
    for id, statement in statements(stack):
        actions = listed(statement["Action"])
        for action in actions:
            if "*" in action or action == "dynamodb:Scan":
                yield f"{id}: {action} is too much"
        if "*" in listed(statement["Resource"]):
            yield f"{id}: {', '.join(actions)} on everything"
        condition = statement.get("Condition", {})
        keys = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
        # ForAllValues holds for a request that names no key at all: only the Null guard closes that.
        guarded = condition.get("Null", {}).get("dynamodb:LeadingKeys") == "false"
        reads_items = any(action.startswith("dynamodb:") and action not in STREAM_READS for action in actions)
        if reads_items and not (keys and guarded):
            yield f"{id}: {', '.join(actions)} without LeadingKeys and the Null guard"
        for key in listed(keys or []):
            if not re.fullmatch(r"PRIME|[A-Z]+#\*|T#\*#[A-Z]+", key):
                yield f"{id}: {key} is neither the priming read nor the prefix of a kind of key nor a kind of all tenants'"


def secrets_are_deleted_by_one_function(stack, _):
    """Only what ends connections may delete a secret."""
    allowed = {target(function["Role"]) for _, function in stack.of("AWS::Lambda::Function") if function["Handler"] == "tenant-purge"}
    for id, statement in statements(stack):
        if "secretsmanager:DeleteSecret" in listed(statement["Action"]) and id not in allowed:
            yield f"{id}: may delete secrets"


def who_writes_credentials_knows_where_to(stack, _):
    """The mode of the vault is told to exactly those that may make a secret."""
    makers = {id for id, statement in statements(stack) if "secretsmanager:CreateSecret" in listed(statement["Action"])}
    for id, function in stack.of("AWS::Lambda::Function"):
        told = "VAULT_MODE" in function.get("Environment", {}).get("Variables", {})
        makes = target(function["Role"]) in makers
        if makes and not told:
            yield f"{id}: may make secrets, and is not told which"
        if told and not makes:
            yield f"{id}: is told which secrets to make, and may make none"


def functions_may_reach_what_they_are_told_of(stack, _):
    """A table, secret, queue or bus is in a function's environment exactly if its role may reach it."""
    on_failure = {
        target(mapping["DestinationConfig"]["OnFailure"]["Destination"])
        for _, mapping in stack.of("AWS::Lambda::EventSourceMapping")
        if "DestinationConfig" in mapping
    }

    def named(values):
        ids = {target(value) for value in values}
        return {id for id in ids if id in stack.resources and stack.resources[id]["Type"] in REACHED}

    for id, function in stack.of("AWS::Lambda::Function"):
        told = named(function.get("Environment", {}).get("Variables", {}).values())
        role = target(function["Role"])
        reached = named(
            resource for holder, statement in statements(stack) if holder == role for resource in listed(statement["Resource"])
        )
        for resource in sorted(told - reached):
            yield f"{id}: may not reach {resource}, which it is told of"
        for resource in sorted(reached - told - on_failure):
            yield f"{id}: may reach {resource}, which it is not told of"


def managed_policies_are_few(stack, _):
    """AWS's own policies cover every resource of the account: only those that SAM itself needs are taken."""
    for id, role in stack.of("AWS::IAM::Role"):
        for arn in role.get("ManagedPolicyArns", []):
            if not text(arn).endswith(MANAGED_POLICIES):
                yield f"{id}: {text(arn)} is not spelled out"


def functions_hold_no_secret(stack, _):
    """No environment variable takes a NoEcho parameter or a secret's value."""
    for id, function in stack.of("AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        for name, value in variables.items():
            if target(value) == "GoogleClientSecret" or "resolve:" in json.dumps(value):
                yield f"{id}: {name} holds a secret"


def data_outlives_the_stack(stack, _):
    """Tables and secrets are retained; the table can be restored and is not deleted by a slip."""
    for id, resource in stack.resources.items():
        kept = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} == {"Retain"}
        if resource["Type"] in RETAINED and not kept:
            yield f"{id}: goes with the stack"
    for id, table in stack.of("AWS::DynamoDB::Table"):
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            yield f"{id}: cannot be restored"
        if not table.get("DeletionProtectionEnabled"):
            yield f"{id}: can be deleted by a slip"


def routes_lead_somewhere(stack, _):
    """Every route is well formed, unique, and leads to a function that the API may call; every integration is used."""
    allowed = {behind(stack, permission["FunctionName"]) for _, permission in stack.of("AWS::Lambda::Permission")}
    seen, used = set(), set()
    for id, route in stack.of("AWS::ApiGatewayV2::Route"):
        key, integration = route["RouteKey"], target(route["Target"])
        used.add(integration)
        if not ROUTE_KEY.fullmatch(key):
            yield f"{id}: {key} is not a route"
        shape = re.sub(r"\{\w+\}", "{}", key)
        if shape in seen:
            yield f"{id}: {key} is there twice"
        seen.add(shape)
        function = behind(stack, stack.properties(integration)["IntegrationUri"]) if integration in stack.resources else None
        if function is None:
            yield f"{id}: {key} leads nowhere"
        elif function not in allowed:
            yield f"{id}: the API may not call {function}"
    for id, _ in stack.of("AWS::ApiGatewayV2::Integration"):
        if id not in used:
            yield f"{id}: no route leads here"


def dashboards_and_deployments_are_valid(stack, _):
    """A dashboard's body is JSON; a deployment preference is one that exists."""
    for id, dashboard in stack.of("AWS::CloudWatch::Dashboard"):
        if not is_json(text(dashboard["DashboardBody"])):
            yield f"{id}: the body is not JSON"
    for id, group in stack.of("AWS::CodeDeploy::DeploymentGroup"):
        name = group["DeploymentConfigName"]
        name = name["Fn::Sub"][0].replace("${ConfigName}", name["Fn::Sub"][1]["ConfigName"]) if isinstance(name, dict) else name
        if not DEPLOYMENTS.fullmatch(name):
            yield f"{id}: there is no {name}"


def text(value):
    return value["Fn::Sub"] if isinstance(value, dict) else value


def is_json(value):
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


RULES = [
    queues_are_worked_off_safely,
    failures_are_reported_item_by_item,
    streams_do_not_stop_at_a_bad_record,
    schedules_are_valid_and_keep_what_failed,
    functions_are_watched,
    dead_letters_are_noticed,
    alarms_reach_someone,
    permissions_are_the_least,
    secrets_are_deleted_by_one_function,
    who_writes_credentials_knows_where_to,
    functions_may_reach_what_they_are_told_of,
    managed_policies_are_few,
    functions_hold_no_secret,
    data_outlives_the_stack,
    routes_lead_somewhere,
    dashboards_and_deployments_are_valid,
]


def broken(plain, repository):
    stack = Stack(plain)
    return [f"{rule.__name__}: {finding}" for rule in RULES for finding in rule(stack, repository)]
