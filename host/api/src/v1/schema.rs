//! The JSON Schemas of all that travels in `v1`.

use super::{
    Accept, Accepted, Agent, AgentDo, Board, Call, Campaign, CampaignContact, CampaignDo, Case,
    CaseEnd, Check, DoNotCall, Flow, ImportNumbers, Imported, IssuedToken, LogIn, NeverCall,
    NewCall, NewCase, NewToken, NewUser, OpenCampaign, Queue, Refused, RolledBack, Secret, SendOn,
    Session, Shifts, Status, Switch, SwitchTurn, Token, TurnSwitch, User, UserDo, WhichCases,
    WhichShifts, WhichTurns, Who,
};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The JSON Schemas of `v1`, each under its name in `$defs`, as published in
/// `docs/schemas/api.json`.
pub fn schema() -> Value {
    // An answer has every field; a request may leave out what has a default.
    let mut answers = SchemaSettings::default().for_serialize().into_generator();
    answers.subschema_for::<Flow>();
    answers.subschema_for::<RolledBack>();
    answers.subschema_for::<Accepted>();
    answers.subschema_for::<Queue>();
    answers.subschema_for::<Agent>();
    answers.subschema_for::<Board>();
    answers.subschema_for::<Call>();
    answers.subschema_for::<Case>();
    answers.subschema_for::<Switch>();
    answers.subschema_for::<SwitchTurn>();
    answers.subschema_for::<Campaign>();
    answers.subschema_for::<CampaignContact>();
    answers.subschema_for::<DoNotCall>();
    answers.subschema_for::<Imported>();
    answers.subschema_for::<Shifts>();
    answers.subschema_for::<Check>();
    answers.subschema_for::<User>();
    answers.subschema_for::<Token>();
    answers.subschema_for::<IssuedToken>();
    answers.subschema_for::<Session>();
    answers.subschema_for::<Who>();
    answers.subschema_for::<Status>();
    answers.subschema_for::<Refused>();
    let mut requests = SchemaSettings::default().for_deserialize().into_generator();
    requests.subschema_for::<Accept>();
    requests.subschema_for::<AgentDo>();
    requests.subschema_for::<NewCall>();
    requests.subschema_for::<SendOn>();
    requests.subschema_for::<WhichCases>();
    requests.subschema_for::<NewCase>();
    requests.subschema_for::<CaseEnd>();
    requests.subschema_for::<TurnSwitch>();
    requests.subschema_for::<WhichTurns>();
    requests.subschema_for::<OpenCampaign>();
    requests.subschema_for::<CampaignDo>();
    requests.subschema_for::<NeverCall>();
    requests.subschema_for::<ImportNumbers>();
    requests.subschema_for::<WhichShifts>();
    requests.subschema_for::<NewUser>();
    requests.subschema_for::<UserDo>();
    requests.subschema_for::<NewToken>();
    requests.subschema_for::<LogIn>();
    requests.subschema_for::<Secret>();
    let mut all = requests.take_definitions(true);
    all.extend(answers.take_definitions(true));
    json!({
        "$schema": SchemaSettings::default().meta_schema,
        "title": "Strowger API v1",
        "description": "What the control socket and the console say and are told; docs/command-line.md says where.",
        "$defs": all,
    })
}
