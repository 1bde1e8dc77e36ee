// The door of the scripted model: a model server without a model. The gateway's door hands it on.

export { PACE_DEFAULT, type Pace } from "./pace.ts";
export { type ScriptedModelOptions, scriptedModel } from "./scripted-model.ts";
