// The published types of @opentok/client, read by the compiler: all that is in them is here, or on the list of what is not.
// Those of @vonage/client-sdk-video are the same text, but for the name of the module.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { missing } from "./missing";
import { NOOPS, REFUSED, SILENT, UNREAD } from "./noops";
import * as OT from "./OT";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PUBLISHED = here("../node_modules/@opentok/client/dist/js/opentok.d.ts");
const CLASSES = ["Session", "Publisher", "Subscriber"] as const;

/** Compares ours with theirs: each value takes the place of the published one, each type is the other in both directions. */
const COMPARED = here("compared.ts");

let program: ts.Program;
let checker: ts.TypeChecker;
let published: ts.Symbol;

beforeAll(() => {
  const { config } = ts.readConfigFile(here("../tsconfig.json"), (path) => readFileSync(path, "utf8")) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, here(".."));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.fileExists = (path) => path === COMPARED || exists(path);
  host.getSourceFile = (path, ...more) => (path === COMPARED ? ts.createSourceFile(path, comparison(), ts.ScriptTarget.ES2022) : read(path, ...more));
  program = ts.createProgram([PUBLISHED, here("index.ts"), COMPARED], { ...options, types: [] }, host);
  checker = program.getTypeChecker();
  published = namespaceOf(program);
}, 120_000);

function namespaceOf(of: ts.Program): ts.Symbol {
  const [declared] = of.getSourceFile(PUBLISHED)?.statements.filter(ts.isModuleDeclaration) ?? [];
  const symbol = declared && of.getTypeChecker().getSymbolAtLocation(declared.name);
  if (!symbol) throw new Error("@opentok/client has no namespace");
  return symbol;
}

/** The exports of their namespace that a test of their flags accepts. */
function exported(accepts: (symbol: ts.Symbol) => boolean): ts.Symbol[] {
  return checker.getExportsOfModule(published).filter(accepts);
}

function isFunction(symbol: ts.Symbol): boolean {
  return (symbol.flags & ts.SymbolFlags.Function) !== 0;
}

function comparison(): string {
  const alone = ts.createProgram([PUBLISHED], { types: [] });
  const names = alone.getTypeChecker().getExportsOfModule(namespaceOf(alone));
  // What takes type parameters is compared where it is used.
  const generic = ["Event", "VideoDimensionsChangedEvent", "OTEventEmitter", "SessionOTEventEmitter"];
  // Their handlers of events are checked as methods are, ours strictly: both fit applications, not each other.
  const values = names.filter(({ flags }) => flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class));
  const types = names.filter(({ flags, name }) => flags & (ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface) && !generic.includes(name));
  const used = values.filter(({ name }) => !generic.includes(name));
  return [
    'import Theirs = require("@opentok/client");',
    'import * as Ours from "./index";',
    ...used.map(({ name }) => `export const value_${name}: typeof Theirs.${name} = Ours.${name};`),
    ...types.flatMap(({ name }) => [
      `export const taken_${name} = (theirs: Theirs.${name}): Ours.${name} => theirs;`,
      `export const given_${name} = (ours: Ours.${name}): Theirs.${name} => ours;`,
    ]),
  ]
    .join("\n")
    .replace('import Theirs = require("@opentok/client");', 'import type Theirs from "@opentok/client";');
}

test("each published value and type can be replaced by ours", () => {
  const file = program.getSourceFile(COMPARED);
  const problems = ts.getPreEmitDiagnostics(program, file).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  expect(problems).toEqual([]);
});

test("each published call of OT is a function here, with its promise where it has one", () => {
  const ours = OT as Record<string, unknown>;
  for (const symbol of exported(isFunction)) {
    expect(ours[symbol.name], symbol.name).toBeTypeOf("function");
    const promise = checker.getExportsOfModule(symbol).some(({ name }) => name === "promise");
    if (promise) expect((ours[symbol.name] as { promise: unknown }).promise, `${symbol.name}.promise`).toBeTypeOf("function");
  }
});

function membersOf(name: (typeof CLASSES)[number]): string[] {
  const symbol = exported((each) => each.name === name)[0];
  if (!symbol) throw new Error(`@opentok/client has no ${name}`);
  return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map((each) => each.name);
}

function ourMembersOf(name: string): string[] {
  const found: string[] = [];
  program.getSourceFile(here(`${name}.ts`))?.forEachChild((node) => {
    const symbol = ts.isClassDeclaration(node) && node.name && checker.getSymbolAtLocation(node.name);
    if (symbol && symbol.name === name) found.push(...checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map((each) => each.name));
  });
  return found;
}

test.each(CLASSES)("each published member of %s is one of our class", (name) => {
  expect(membersOf(name).length).toBeGreaterThan(10);
  expect(membersOf(name).filter((each) => !ourMembersOf(name).includes(each))).toEqual([]);
});

/** The events that their class tells of. */
function eventsOf(name: string): string[] {
  const declared = exported((each) => each.name === name)[0]?.declarations?.find(ts.isClassDeclaration);
  const map = declared?.heritageClauses?.[0]?.types[0]?.typeArguments?.[0];
  return map && ts.isTypeLiteralNode(map) ? map.members.map((member) => member.name?.getText() ?? "") : [];
}

/** What our files tell: the values that the first argument of a `dispatch` can have. */
function told(files: string[]): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const callee = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : "";
    if (ts.isCallExpression(node) && ["dispatch", "tellOf"].includes(callee) && node.arguments[0]) {
      const type = checker.getTypeAtLocation(node.arguments[0]);
      for (const each of type.isUnion() ? type.types : [type]) if (each.isStringLiteral()) names.add(each.value);
    }
    node.forEachChild(visit);
  };
  for (const file of files) program.getSourceFile(here(`${file}.ts`))?.forEachChild(visit);
  return names;
}

const TELLERS = { Session: ["Session"], Publisher: ["Publisher", "Publishers", "Session"], Subscriber: ["Subscriber"] };

test.each(CLASSES)("each published event of %s comes, or is on the list of those that never do", (name) => {
  const comes = told(TELLERS[name]);
  const events = eventsOf(name);
  expect(events.length).toBeGreaterThan(10);
  for (const event of events) expect([event, comes.has(event)]).toEqual([event, !(`${name}.${event}` in SILENT)]);
});

/** Names that our code reads, outside of the contract and the lists. */
function read(): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) names.add(node.name.text);
    if (ts.isBindingElement(node)) names.add((node.propertyName ?? node.name).getText());
    node.forEachChild(visit);
  };
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(here(".")) && !/contract|noops|compared/.test(fileName));
  for (const file of ours) file.forEachChild(visit);
  return names;
}

function propertiesOf(name: string): string[] {
  if (name === "SessionOptions") {
    const initSession = exported((each) => each.name === "initSession")[0]?.declarations?.find(ts.isFunctionDeclaration);
    const options = initSession?.parameters[2];
    return options ? checker.getPropertiesOfType(checker.getNonNullableType(checker.getTypeAtLocation(options))).map((each) => each.name) : [];
  }
  const symbol = exported((each) => each.name === name)[0];
  return symbol ? checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map((each) => each.name) : [];
}

test.each(["PublisherProperties", "SubscriberProperties", "SessionOptions"])("each published property of %s is obeyed, or on the list", (name) => {
  const obeyed = read();
  const properties = propertiesOf(name);
  expect(properties.length).toBeGreaterThan(4);
  for (const each of properties) expect([each, obeyed.has(each)]).toEqual([each, !(`${name}.${each}` in UNREAD)]);
});

test("the lists name nothing that is not published", () => {
  const calls = exported(isFunction).map(({ name }) => `OT.${name}`);
  const members = CLASSES.flatMap((name) => membersOf(name).map((each) => `${name}.${each}`));
  const events = CLASSES.flatMap((name) => eventsOf(name).map((each) => `${name}.${each}`));
  const properties = ["PublisherProperties", "SubscriberProperties", "SessionOptions"].flatMap((name) => propertiesOf(name).map((each) => `${name}.${each}`));
  expect([...calls, ...members]).toEqual(expect.arrayContaining(Object.keys({ ...NOOPS, ...REFUSED })));
  expect(events).toEqual(expect.arrayContaining(Object.keys(SILENT)));
  expect(properties).toEqual(expect.arrayContaining(Object.keys(UNREAD)));
});

test("docs/opentok.md has the list of what is not there, as it is here", () => {
  const docs = readFileSync(here("../../docs/opentok.md"), "utf8");
  const [from, to] = ["What is not there:\n\n", "\n\n## Credentials"];
  expect(docs.slice(docs.indexOf(from) + from.length, docs.indexOf(to))).toEqual(missing());
});
