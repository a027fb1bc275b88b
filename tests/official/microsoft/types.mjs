// Graph's own types as JSON Schema, closed: what is not described is not allowed.
import { dirname } from "node:path";
import { createRequire } from "node:module";
import Ajv from "ajv";
import { createGenerator } from "ts-json-schema-generator";

const TYPES = createRequire(import.meta.url).resolve("@microsoft/microsoft-graph-types/package.json");
const NAMES = ["Event", "Calendar", "Subscription", "ChangeNotification", "User"];

const ajv = new Ajv({ strict: false, allowUnionTypes: true });
const path = `${dirname(TYPES)}/microsoft-graph.d.ts`;
const schema = createGenerator({ path, type: "*", skipTypeCheck: true, topRef: true }).createSchema("*");
ajv.addSchema(schema, "graph");
const validators = Object.fromEntries(NAMES.map((name) => [name, ajv.getSchema(`graph#/definitions/${name}`)]));

/** Holds `value` against one of the types; annotations have none. */
export function validate(name, value) {
  const check = validators[name];
  if (check(bare(value))) return value;
  const named = check.errors.map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  throw new Error(`${name}: ${named.join("; ")}`);
}

function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== "object") return value;
  const own = Object.entries(value).filter(([name, inner]) => !name.includes("@") && inner !== undefined);
  return Object.fromEntries(own.map(([name, inner]) => [name, bare(inner)]));
}
