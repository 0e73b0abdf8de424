// Writes src/generated.ts from openapi.json; with --check only says whether it is what would be written.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const SOURCE = new URL("../openapi.json", import.meta.url);
const TARGET = new URL("../src/generated.ts", import.meta.url);
const TASK_TYPE = "#/components/schemas/TaskType";
const HEAD = `// Made from openapi.json by \`npm run generate\`; a test holds them together. Do not edit.\n\n`;

const BLOB = ts.factory.createTypeReferenceNode("Blob");

/**
 * The same document for TypeScript: what is keyed by task type is spelled out, since it knows no `propertyNames`, and
 * examples of whole bodies are left to the service's own /docs.
 */
function spelledOut(node, taskTypes) {
  if (Array.isArray(node)) return node.map((each) => spelledOut(each, taskTypes));
  if (node === null || typeof node !== "object") return node;
  const kept = Object.entries(node).filter(([name]) => !("schema" in node && name.startsWith("example")));
  const copy = Object.fromEntries(kept.map(([name, part]) => [name, spelledOut(part, taskTypes)]));
  if (copy.propertyNames?.$ref === TASK_TYPE) {
    const { propertyNames, additionalProperties, ...rest } = copy;
    const properties = Object.fromEntries(taskTypes.map((name) => [name, additionalProperties ?? {}]));
    return { ...rest, properties };
  }
  return copy;
}

/** Result and subject of each task type, by its name. */
function byTaskType(rows) {
  const results = rows.map((row) => `  ${row.name}: components["schemas"]["${row.result}"];`);
  const subjects = rows.map((row) => `  ${row.name}: "${row.subject}",`);
  return `
/** What each task type gives. */
export interface ResultByTaskType {
${results.join("\n")}
}

/** What each task type is about. */
export const SUBJECT_BY_TASK_TYPE = {
${subjects.join("\n")}
} as const;
`;
}

async function generated() {
  const document = JSON.parse(await readFile(SOURCE, "utf8"));
  const rows = document["x-task-types"];
  const ast = await openapiTS(spelledOut(document, document.components.schemas.TaskType.enum), {
    defaultNonNullable: false,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    transform: (schema) => (schema.format === "binary" ? BLOB : undefined),
  });
  return HEAD + astToString(ast) + byTaskType(rows);
}

const text = await generated();
if (!process.argv.includes("--check")) {
  await writeFile(TARGET, text);
} else if ((await readFile(TARGET, "utf8")) !== text) {
  console.error("src/generated.ts is not what openapi.json makes: run npm run generate");
  process.exitCode = 1;
}
