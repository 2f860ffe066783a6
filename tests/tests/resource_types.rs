//! Resource types as a stack sees them: what `Ref` and `Fn::GetAtt` give, and which change of a
//! property a change set says replaces the resource.

// A test that cannot go on panics; documents are written where they are given.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use std::collections::BTreeMap;

use standin_kernel::{Env, ServiceName, Value, json};
use standin_sim::World;

/// A stack with one resource of interest and what it needs.
struct Stack {
    world: World,
    template: Value,
    id: &'static str,
}

impl Stack {
    /// `attributes`: of the resource `id`, shown as outputs.
    fn new(resources: Value, id: &'static str, attributes: &[&str]) -> Self {
        let mut outputs = json!({"Ref": {"Value": {"Ref": id}}});
        for name in attributes {
            let key: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            outputs[key] = json!({"Value": {"Fn::GetAtt": [id, name]}});
        }
        let template = json!({"Resources": resources, "Outputs": outputs});
        let mut stack = Self { world: World::new(Env::default(), 7), template, id };
        let input = stack.input(&stack.template);
        stack.call("CreateStack", input);
        let going = |world: &mut World| status(world) == "CREATE_IN_PROGRESS";
        stack.world.run_while(going);
        assert_eq!(status(&mut stack.world), "CREATE_COMPLETE", "{:#?}", stack.world.log());
        stack
    }

    fn input(&self, template: &Value) -> Value {
        let capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"];
        let body = template.to_string();
        json!({"StackName": "one", "TemplateBody": body, "Capabilities": capabilities})
    }

    fn call(&mut self, operation: &str, input: Value) -> Value {
        let reply = self.world.call(ServiceName::CloudFormation, operation, input.clone());
        reply.unwrap_or_else(|wrong| panic!("{operation} {input}: {wrong}"))
    }

    /// The outputs, and the account's and region's parts of ARNs written shorter.
    fn outputs(&mut self) -> BTreeMap<String, String> {
        let reply = self.call("DescribeStacks", json!({"StackName": "one"}));
        let outputs = reply["Stacks"][0]["Outputs"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pairs = outputs.iter().map(|one| (text(&one["OutputKey"]), text(&one["OutputValue"])));
        let short = |value: String| {
            value
                .replace("ap-northeast-1:123456789012", "HERE")
                .replace(":123456789012:", ":ACCOUNT:")
        };
        pairs.map(|(key, value)| (key, short(value))).collect()
    }

    /// What a change set says of the resource: `Some(replaced)`, or nothing.
    fn change(&mut self, property: &str, value: Value) -> Option<String> {
        let mut changed = self.template.clone();
        let properties = &mut changed["Resources"][self.id]["Properties"];
        let mut at = properties;
        for name in property.split('.') {
            at = &mut at[name];
        }
        *at = value;
        let mut input = self.input(&changed);
        input["ChangeSetName"] = json!("try");
        self.call("CreateChangeSet", input);
        let named = json!({"StackName": "one", "ChangeSetName": "try"});
        let described = |world: &mut World| {
            world.call(ServiceName::CloudFormation, "DescribeChangeSet", named.clone()).unwrap()
        };
        self.world.run_while(|world| described(world)["Status"] == "CREATE_IN_PROGRESS");
        let seen = described(&mut self.world);
        assert_eq!(seen["Status"], "CREATE_COMPLETE", "{property}: {seen}");
        self.call("DeleteChangeSet", named.clone());
        let changes = seen["Changes"].as_array().unwrap().clone();
        let ours = changes.iter().find(|one| one["ResourceChange"]["LogicalResourceId"] == self.id);
        ours.map(|one| one["ResourceChange"]["Replacement"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    fn replaces(&mut self, property: &str, value: Value) {
        let seen = self.change(property, value);
        assert_eq!(seen.as_deref(), Some("True"), "{property}");
    }

    #[track_caller]
    fn stays(&mut self, property: &str, value: Value) {
        let seen = self.change(property, value);
        assert_eq!(seen.as_deref(), Some("False"), "{property}");
    }
}

fn status(world: &mut World) -> String {
    let input = json!({"StackName": "one"});
    let reply = world.call(ServiceName::CloudFormation, "DescribeStacks", input).unwrap();
    reply["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned()
}

/// A function of Lambda and its role.
fn code(mut more: Value) -> Value {
    let principal = json!({"Service": "lambda.amazonaws.com"});
    let trust = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    let document = json!({"Version": "2012-10-17", "Statement": [trust]});
    let role = json!({
        "Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document},
    });
    let mut code = json!({"Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": "switch", "Runtime": "python3.12", "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
    }});
    code["DependsOn"] = json!(["Role"]);
    more["Role"] = role;
    more["Code"] = code;
    more
}

fn of(kind: &str, properties: Value) -> Value {
    json!({"Type": kind, "Properties": properties})
}

const SOURCE: &str = "function handler(event) { return event.request; }";

#[test]
fn cfn_rs_03_a_function_at_the_edge() {
    let config = json!({"Comment": "one", "Runtime": "cloudfront-js-2.0"});
    let properties = json!({
        "Name": "rewrite", "AutoPublish": true, "FunctionCode": SOURCE, "FunctionConfig": config,
    });
    let resources = json!({"It": of("AWS::CloudFront::Function", properties)});
    let attributes = ["FunctionARN", "FunctionMetadata.FunctionARN", "Stage"];
    let mut stack = Stack::new(resources, "It", &attributes);
    let outputs = stack.outputs();
    let arn = "arn:aws:cloudfront::ACCOUNT:function/rewrite";
    for name in ["Ref", "FunctionARN", "FunctionMetadataFunctionARN"] {
        assert_eq!(outputs[name], arn, "{name}");
    }
    assert_eq!(outputs["Stage"], "LIVE");
    stack.replaces("Name", json!("other"));
    stack.stays("FunctionConfig.Comment", json!("two"));
    stack.stays("Tags", json!([{"Key": "team", "Value": "a"}]));
}

#[test]
fn cfn_rs_04_a_key_value_store() {
    let properties = json!({"Name": "words", "Comment": "one"});
    let resources = json!({"It": of("AWS::CloudFront::KeyValueStore", properties)});
    let mut stack = Stack::new(resources, "It", &["Arn", "Id", "Status"]);
    let outputs = stack.outputs();
    assert_eq!((outputs["Ref"].as_str(), outputs["Status"].as_str()), ("words", "READY"));
    let arn = format!("arn:aws:cloudfront::ACCOUNT:key-value-store/{}", outputs["Id"]);
    assert_eq!(outputs["Arn"], arn);
    stack.replaces("Name", json!("other"));
    stack.stays("Comment", json!("two"));
    stack.stays("Tags", json!([{"Key": "team", "Value": "a"}]));
}

#[test]
fn cfn_rs_17_a_hosted_zone() {
    let properties = json!({"Name": "diary.example"});
    let resources = json!({"It": of("AWS::Route53::HostedZone", properties)});
    let mut stack = Stack::new(resources, "It", &["Id"]);
    let outputs = stack.outputs();
    assert_eq!(outputs["Ref"], outputs["Id"]);
    assert!(outputs["Id"].starts_with('Z'), "{}", outputs["Id"]);
    stack.template["Outputs"]["Servers"] =
        json!({"Value": {"Fn::Join": [",", {"Fn::GetAtt": ["It", "NameServers"]}]}});
    let input = stack.input(&stack.template);
    stack.call("UpdateStack", input);
    stack.world.run_while(|world| status(world).ends_with("IN_PROGRESS"));
    assert_eq!(stack.outputs()["Servers"].split(',').count(), 4);
    stack.replaces("Name", json!("other.example"));
    stack.stays("HostedZoneConfig.Comment", json!("two"));
    stack.stays("HostedZoneTags", json!([{"Key": "team", "Value": "a"}]));
}

fn zone() -> Value {
    of("AWS::Route53::HostedZone", json!({"Name": "diary.example"}))
}

fn record() -> Value {
    let values = json!(["192.0.2.1"]);
    json!({"Name": "www.diary.example", "Type": "A", "TTL": "60", "ResourceRecords": values})
}

#[test]
fn cfn_rs_18_a_record_set() {
    let mut properties = record();
    properties["HostedZoneId"] = json!({"Ref": "Zone"});
    let resources = json!({"Zone": zone(), "It": of("AWS::Route53::RecordSet", properties)});
    let mut stack = Stack::new(resources, "It", &["Id"]);
    let outputs = stack.outputs();
    assert_eq!(outputs["Ref"], "www.diary.example");
    assert!(outputs["Id"].starts_with('C'), "a change's id: {}", outputs["Id"]);
    stack.replaces("HostedZoneId", json!("Z0000000000000000000"));
    stack.replaces("Name", json!("api.diary.example"));
    stack.stays("TTL", json!("5"));
    stack.stays("ResourceRecords", json!(["192.0.2.2"]));
}

#[test]
fn cfn_rs_19_a_group_of_record_sets() {
    let properties = json!({"HostedZoneId": {"Ref": "Zone"}, "RecordSets": [record()]});
    let resources = json!({"Zone": zone(), "It": of("AWS::Route53::RecordSetGroup", properties)});
    let mut stack = Stack::new(resources, "It", &["Id"]);
    let outputs = stack.outputs();
    assert!(outputs["Ref"].starts_with("one-It-"), "{}", outputs["Ref"]);
    assert!(outputs["Id"].starts_with('C'), "a change's id: {}", outputs["Id"]);
    stack.replaces("HostedZoneId", json!("Z0000000000000000000"));
    let mut other = record();
    other["TTL"] = json!("5");
    stack.stays("RecordSets", json!([other]));
}

#[test]
fn cfn_rs_20_a_health_check() {
    let config = json!({"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": 80});
    let properties = json!({"HealthCheckConfig": config});
    let resources = json!({"It": of("AWS::Route53::HealthCheck", properties)});
    let mut stack = Stack::new(resources, "It", &["HealthCheckId"]);
    let outputs = stack.outputs();
    assert_eq!(outputs["Ref"], outputs["HealthCheckId"]);
    assert_eq!(outputs["Ref"].split('-').count(), 5, "{}", outputs["Ref"]);
    stack.replaces("HealthCheckConfig.Type", json!("TCP"));
    stack.replaces("HealthCheckConfig.RequestInterval", json!(10));
    stack.replaces("HealthCheckConfig.MeasureLatency", json!(true));
    stack.stays("HealthCheckConfig.Port", json!(81));
    stack.stays("HealthCheckTags", json!([{"Key": "team", "Value": "a"}]));
}

#[test]
fn cfn_rs_24_a_function() {
    let mut stack = Stack::new(code(json!({})), "Code", &["Arn"]);
    let outputs = stack.outputs();
    let arn = "arn:aws:lambda:HERE:function:switch";
    assert_eq!((outputs["Ref"].as_str(), outputs["Arn"].as_str()), ("switch", arn));
    stack.replaces("FunctionName", json!("other"));
    stack.replaces("PackageType", json!("Zip"));
    stack.stays("Timeout", json!(9));
    stack.stays("Tags", json!([{"Key": "team", "Value": "a"}]));
}

#[test]
fn cfn_rs_25_a_permission() {
    let properties = json!({
        "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Code"},
        "Principal": "events.amazonaws.com",
    });
    let resources = code(json!({"It": of("AWS::Lambda::Permission", properties)}));
    let mut stack = Stack::new(resources, "It", &["Id"]);
    assert!(!stack.outputs()["Id"].is_empty());
    stack.replaces("Action", json!("lambda:GetFunction"));
    stack.replaces("Principal", json!("scheduler.amazonaws.com"));
    stack.replaces("SourceAccount", json!("123456789012"));
}

#[test]
fn cfn_rs_26_the_url_of_a_function() {
    let properties = json!({
        "AuthType": "NONE", "TargetFunctionArn": {"Fn::GetAtt": ["Code", "Arn"]},
    });
    let resources = code(json!({"It": of("AWS::Lambda::Url", properties)}));
    let mut stack = Stack::new(resources, "It", &["FunctionArn", "FunctionUrl"]);
    let outputs = stack.outputs();
    let arn = "arn:aws:lambda:HERE:function:switch";
    assert_eq!((outputs["Ref"].as_str(), outputs["FunctionArn"].as_str()), (arn, arn));
    let url = &outputs["FunctionUrl"];
    let right = url.starts_with("https://") && url.ends_with(".lambda-url.ap-northeast-1.on.aws/");
    assert!(right, "{url}");
    stack.replaces("TargetFunctionArn", json!("other"));
    stack.replaces("Qualifier", json!("live"));
    stack.stays("AuthType", json!("AWS_IAM"));
}

#[test]
fn cfn_rs_27_a_version_of_a_function() {
    let properties = json!({"FunctionName": {"Ref": "Code"}, "Description": "one"});
    let resources = code(json!({"It": of("AWS::Lambda::Version", properties)}));
    let mut stack = Stack::new(resources, "It", &["FunctionArn", "Version"]);
    let outputs = stack.outputs();
    let arn = "arn:aws:lambda:HERE:function:switch:1";
    assert_eq!((outputs["Ref"].as_str(), outputs["FunctionArn"].as_str()), (arn, arn));
    assert_eq!(outputs["Version"], "1");
    stack.replaces("FunctionName", json!("other"));
    stack.replaces("Description", json!("two"));
    stack.replaces("CodeSha256", json!("abc"));
}

#[test]
fn cfn_rs_28_a_schedule() {
    let target = json!({
        "Arn": {"Fn::GetAtt": ["Code", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Starter", "Arn"]},
    });
    let properties = json!({
        "Name": "tick", "ScheduleExpression": "rate(1 minute)", "Target": target,
        "FlexibleTimeWindow": {"Mode": "OFF"},
    });
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "scheduler.amazonaws.com"},
    }]});
    let starter = of("AWS::IAM::Role", json!({"AssumeRolePolicyDocument": trust}));
    let schedule = of("AWS::Scheduler::Schedule", properties);
    let resources = code(json!({"It": schedule, "Starter": starter}));
    let mut stack = Stack::new(resources, "It", &["Arn"]);
    let outputs = stack.outputs();
    assert_eq!(outputs["Ref"], "tick");
    assert_eq!(outputs["Arn"], "arn:aws:scheduler:HERE:schedule/default/tick");
    stack.replaces("Name", json!("tock"));
    stack.stays("ScheduleExpression", json!("rate(1 hour)"));
    stack.stays("State", json!("DISABLED"));
}

#[test]
fn cfn_rs_29_a_group_of_schedules() {
    let resources = json!({"It": of("AWS::Scheduler::ScheduleGroup", json!({"Name": "night"}))});
    let attributes = ["Arn", "CreationDate", "LastModificationDate", "State"];
    let mut stack = Stack::new(resources, "It", &attributes);
    let outputs = stack.outputs();
    assert_eq!((&*outputs["Ref"], &*outputs["State"]), ("night", "ACTIVE"));
    assert_eq!(outputs["Arn"], "arn:aws:scheduler:HERE:schedule-group/night");
    // The simulator's first day.
    for date in ["CreationDate", "LastModificationDate"] {
        assert!(outputs[date].starts_with("2027-01-15T08:00:"), "{}", outputs[date]);
    }
    stack.replaces("Name", json!("day"));
    stack.stays("Tags", json!([{"Key": "a", "Value": "b"}]));
}

#[test]
fn cfn_rs_30_a_rule() {
    let properties = json!({"ScheduleExpression": "rate(1 minute)"});
    let resources = json!({"It": of("AWS::Events::Rule", properties)});
    let mut stack = Stack::new(resources, "It", &["Arn"]);
    let outputs = stack.outputs();
    let name = &outputs["Ref"];
    assert!(name.starts_with("one-It-"), "{name}");
    assert_eq!(outputs["Arn"], format!("arn:aws:events:HERE:rule/{name}"));
    stack.replaces("Name", json!("tick"));
    stack.stays("ScheduleExpression", json!("rate(1 hour)"));
    stack.stays("Description", json!("two"));
}

/// A database instance.
fn database() -> Value {
    let properties = json!({
        "DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "AllocatedStorage": "20",
        "MasterUsername": "diary", "MasterUserPassword": "not-a-secret", "DBName": "diary",
        "DBInstanceIdentifier": "one",
    });
    of("AWS::RDS::DBInstance", properties)
}

#[test]
fn cfn_rs_21_a_database_instance() {
    let attributes = [
        "DBInstanceArn",
        "DbiResourceId",
        "DBInstanceStatus",
        "Endpoint.Address",
        "Endpoint.Port",
        "Endpoint.HostedZoneId",
        "InstanceCreateTime",
        "CertificateDetails.CAIdentifier",
    ];
    let mut stack = Stack::new(json!({"It": database()}), "It", &attributes);
    let outputs = stack.outputs();
    let seen = ["Ref", "DBInstanceArn", "DBInstanceStatus", "EndpointPort"].map(|k| &*outputs[k]);
    assert_eq!(seen, ["one", "arn:aws:rds:HERE:db:one", "available", "5432"]);
    assert!(outputs["DbiResourceId"].starts_with("db-"), "{outputs:?}");
    let address = &outputs["EndpointAddress"];
    assert!(address.ends_with(".ap-northeast-1.rds.amazonaws.com"), "{address}");
    assert!(outputs["EndpointHostedZoneId"].starts_with('Z'), "{outputs:?}");
    assert!(outputs["CertificateDetailsCAIdentifier"].starts_with("rds-ca-"), "{outputs:?}");
    for (property, value) in [
        ("DBInstanceIdentifier", "other"),
        ("DBName", "other"),
        ("MasterUsername", "other"),
        ("KmsKeyId", "other"),
        ("StorageEncrypted", "true"),
    ] {
        stack.replaces(property, json!(value));
    }
    for (property, value) in [
        ("DBInstanceClass", "db.t4g.small"),
        ("Port", "5433"),
        ("AllocatedStorage", "30"),
        ("DeletionProtection", "true"),
        ("PreferredMaintenanceWindow", "mon:03:00-mon:04:00"),
    ] {
        stack.stays(property, json!(value));
    }
}

#[test]
fn cfn_rs_22_a_parameter_group() {
    let properties = json!({
        "DBParameterGroupName": "own", "Description": "own", "Family": "postgres16",
    });
    let resources = json!({"It": of("AWS::RDS::DBParameterGroup", properties)});
    let mut stack = Stack::new(resources, "It", &["DBParameterGroupName"]);
    let outputs = stack.outputs();
    assert_eq!((&*outputs["Ref"], &*outputs["DBParameterGroupName"]), ("own", "own"));
    stack.replaces("DBParameterGroupName", json!("other"));
    stack.replaces("Description", json!("other"));
    stack.replaces("Family", json!("postgres17"));
    stack.stays("Parameters", json!({"work_mem": "8192"}));
    stack.stays("Tags", json!([{"Key": "team", "Value": "a"}]));
}

#[test]
fn cfn_rs_23_a_subnet_group() {
    let properties = json!({
        "DBSubnetGroupName": "own", "DBSubnetGroupDescription": "own",
        "SubnetIds": ["subnet-1", "subnet-2"],
    });
    let resources = json!({"It": of("AWS::RDS::DBSubnetGroup", properties)});
    let mut stack = Stack::new(resources, "It", &["DBSubnetGroupArn"]);
    let outputs = stack.outputs();
    assert_eq!(outputs["Ref"], "own");
    assert_eq!(outputs["DBSubnetGroupArn"], "arn:aws:rds:HERE:subgrp:own");
    stack.replaces("DBSubnetGroupName", json!("other"));
    stack.stays("DBSubnetGroupDescription", json!("other"));
    stack.stays("Tags", json!([{"Key": "team", "Value": "a"}]));
}

#[test]
fn cfn_rs_33_where_a_database_is_stands_in_its_secret() {
    let secret = json!({"SecretString": "{\"username\":\"diary\",\"password\":\"x\"}"});
    let properties = json!({
        "SecretId": {"Ref": "Secret"}, "TargetId": {"Ref": "Database"},
        "TargetType": "AWS::RDS::DBInstance",
    });
    let resources = json!({
        "Secret": of("AWS::SecretsManager::Secret", secret), "Database": database(),
        "It": of("AWS::SecretsManager::SecretTargetAttachment", properties),
    });
    let mut stack = Stack::new(resources, "It", &["Id"]);
    let outputs = stack.outputs();
    assert!(outputs["Ref"].starts_with("arn:aws:secretsmanager:HERE:secret:"), "{outputs:?}");
    assert_eq!(outputs["Ref"], outputs["Id"]);
    let named = json!({"StackName": "one", "LogicalResourceId": "Secret"});
    let secret = stack.call("DescribeStackResource", named);
    let input = json!({"SecretId": secret["StackResourceDetail"]["PhysicalResourceId"]});
    let platform = ServiceName::Platform;
    let read = stack.world.call(platform, "secretsmanager:GetSecretValue", input).unwrap();
    let value: Value = read["SecretString"].as_str().unwrap().parse().unwrap();
    let host = value["host"].as_str().unwrap();
    assert!(host.starts_with("one.") && host.ends_with(".rds.amazonaws.com"), "{host}");
    let rest = json!({
        "username": "diary", "password": "x", "engine": "postgres", "host": host, "port": 5432,
        "dbInstanceIdentifier": "one", "dbname": "diary",
    });
    assert_eq!(value, rest);
    stack.replaces("SecretId", json!("other"));
    stack.stays("TargetId", json!("other"));
}

#[test]
fn cfn_up_04_the_page_of_the_instance_says_what_replaces_it() {
    let resources = json!({"It": database()});
    let mut stack = Stack::new(resources, "It", &[]);
    stack.stays("Port", json!("5433"));
    stack.replaces("MasterUsername", json!("other"));
    stack.replaces("DBInstanceIdentifier", json!("other"));
}
