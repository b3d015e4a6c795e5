import type * as ast from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import type { Checker, Symbol as Name, Project, Type } from 'typescript/unstable/sync'

/** The text of a statement as far as the program says it; `{?}` stands for a piece that is only known when it runs. */
export const unknownPiece = '{?}'
/** The same of the name of a relation. */
export const unknownName = '{name}'

/** What parameters of an inlined function stand for. */
type Arguments = ReadonlyMap<number, ast.Expression>

/** Reads SQL out of a program: templates, constants, and functions that return templates are put together. */
export class StaticSql {
  readonly #checker: Checker
  readonly #project: Project
  #values = 0

  constructor(project: Project) {
    this.#checker = project.checker
    this.#project = project
  }

  /** The text of what is handed to `query`. */
  read(query: ast.Expression): string {
    this.#values = 0
    return this.#statement(query, new Map())
  }

  #statement(node: ast.Node, given: Arguments): string {
    if (is.isObjectLiteralExpression(node)) return this.#textMember(node, given)
    if (is.isIdentifier(node)) {
      const found = this.#declared(node, given)
      if (found && is.isObjectLiteralExpression(found)) return this.#textMember(found, given)
    }
    return this.#piece(node, given)
  }

  #textMember(node: ast.ObjectLiteralExpression, given: Arguments): string {
    for (const member of node.properties) {
      if (is.isSpreadAssignment(member)) return this.#piece(member.expression, given)
      const { name } = member
      if (!name || !is.isIdentifier(name) || name.text !== 'text') continue
      if (is.isPropertyAssignment(member)) return this.#piece(member.initializer, given)
      const value = this.#checker.getShorthandAssignmentValueSymbol(member)
      const found = value && this.#initializer(value)
      return found ? this.#piece(found, given) : unknownPiece
    }
    return unknownPiece
  }

  #piece(node: ast.Node, given: Arguments): string {
    if (is.isParenthesizedExpression(node) || is.isAsExpression(node)) return this.#piece(node.expression, given)
    if (is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node)) return node.text
    if (is.isTaggedTemplateExpression(node)) return this.#template(node.template, given, true)
    if (is.isTemplateExpression(node)) return this.#template(node, given, false)
    if (is.isConditionalExpression(node)) return this.#firstKnown([node.whenTrue, node.whenFalse], given)
    if (is.isBinaryExpression(node)) return this.#firstKnown([node.right, node.left], given)
    if (is.isPropertyAccessExpression(node) && node.name.text === 'text') return this.#piece(node.expression, given)
    if (is.isIdentifier(node)) return this.#named(node, given)
    return is.isCallExpression(node) ? this.#call(node, given) : unknownPiece
  }

  #named(node: ast.Identifier, given: Arguments): string {
    if (node.text === 'empty') return ''
    const found = this.#declared(node, given)
    return found ? this.#piece(found, given) : unknownPiece
  }

  #template(node: ast.TemplateLiteral, given: Arguments, isSql: boolean): string {
    if (!is.isTemplateExpression(node)) return node.text
    const spans = node.templateSpans.map(({ expression, literal }) => {
      const isText = !isSql || this.#isFragment(expression)
      return (isText ? this.#piece(expression, given) : `$${++this.#values}`) + literal.text
    })
    return node.head.text + spans.join('')
  }

  #isFragment(node: ast.Expression): boolean {
    const type = this.#checker.getTypeAtLocation(node)
    const parts: readonly (Type | undefined)[] = type?.isUnionType() ? type.getTypes() : [type]
    return parts.some((part) => /^Sql$/.test(part?.getSymbol()?.name ?? ''))
  }

  #firstKnown(nodes: readonly ast.Expression[], given: Arguments): string {
    const values = this.#values
    for (const node of nodes) {
      const text = this.#piece(node, given)
      if (!text.includes(unknownPiece)) return text
      this.#values = values
    }
    return unknownPiece
  }

  #call({ expression, arguments: args }: ast.CallExpression, given: Arguments): string {
    if (!is.isIdentifier(expression)) return unknownPiece
    const [first, second] = args
    if (first && expression.text === 'prepared') return this.#piece(first, given)
    if (first && expression.text === 'raw') return this.#piece(first, given).replace(unknownPiece, unknownName)
    if (first && expression.text === 'join') return this.#joined(first, second, given)
    return this.#returned(expression, args, given)
  }

  #joined(first: ast.Expression, separator: ast.Expression | undefined, given: Arguments): string {
    const list = is.isIdentifier(first) ? (this.#declared(first, given) ?? first) : first
    if (!is.isArrayLiteralExpression(list)) return unknownPiece
    const elements = list.elements.map((element) => this.#piece(element, given))
    return elements.join(separator ? this.#piece(separator, given) : ',')
  }

  /** What a function of the project returns for these arguments. */
  #returned(expression: ast.Identifier, args: readonly ast.Expression[], given: Arguments): string {
    const called = this.#declared(expression, given)
    if (!called || !(is.isArrowFunction(called) || is.isFunctionDeclaration(called))) return unknownPiece
    const inner = new Map(given)
    called.parameters.forEach(({ name }, index) => {
      const symbol = is.isIdentifier(name) ? this.#checker.getSymbolAtLocation(name) : undefined
      const value = args[index]
      if (symbol && value) inner.set(symbol.id, value)
    })
    const result = called.body && (is.isBlock(called.body) ? returned(called.body) : called.body)
    return result ? this.#piece(result, inner) : unknownPiece
  }

  /** What a name stands for: an argument, the initializer of a constant, or a function. */
  #declared(node: ast.Identifier, given: Arguments): ast.Node | undefined {
    const symbol = this.#checker.getSymbolAtLocation(node)
    if (!symbol) return undefined
    return given.get(symbol.id) ?? this.#initializer(symbol)
  }

  #initializer(symbol: Name): ast.Node | undefined {
    const isAlias = (symbol.flags & aliasFlag) !== 0
    const target = isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol
    const declaration = target.valueDeclaration?.resolve(this.#project)
    if (declaration && is.isVariableDeclaration(declaration)) return declaration.initializer
    return declaration && is.isFunctionDeclaration(declaration) ? declaration : undefined
  }
}

/** SymbolFlags.Alias. */
const aliasFlag = 1 << 21

function returned(block: ast.Block): ast.Expression | undefined {
  const last = block.statements.at(-1)
  return last && is.isReturnStatement(last) ? last.expression : undefined
}
