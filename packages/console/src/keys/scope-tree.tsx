import { Checkbox, Text } from '@mantine/core'
import { expand, grants, idleScopes, parentOf, type Scope, scopes } from '@mason/contract/scopes'
import { useId } from 'react'
import classes from './scope-tree.module.css'
import { scopeWords } from './scope-words.ts'

interface ScopeTreeProps {
  value: readonly Scope[]
  onChange: (value: Scope[]) => void
  /** What whoever chooses holds: nobody can give more. */
  held: readonly Scope[]
  error: string | undefined
}

/** The scopes as a tree; one that is chosen shows all that it includes. */
export function ScopeTree({ value, onChange, held, error }: ScopeTreeProps) {
  const errorId = useId()
  const toggle = (scope: Scope) => {
    if (value.includes(scope)) return onChange(value.filter((one) => one !== scope))
    // What the new one includes need not be said beside it.
    onChange([...value.filter((one) => !grants([scope], one)), scope])
  }
  const granted = expand(value)
  // What somebody has got by a script can be taken away.
  const isOffered = (scope: Scope) => !idleScopes.includes(scope) || value.includes(scope)
  const available = expand(held)
  const branch = (parent: Scope | null) => {
    const children = scopes.filter((scope) => parentOf(scope) === parent && isOffered(scope))
    if (children.length === 0) return undefined
    return (
      <ul className={classes.tree}>
        {children.map((scope) => {
          const isIncluded = granted.has(scope) && !value.includes(scope)
          return (
            <li key={scope} className={classes.item}>
              <Checkbox
                size="xs"
                checked={granted.has(scope)}
                disabled={isIncluded || !available.has(scope)}
                onChange={() => toggle(scope)}
                label={
                  <>
                    <span className={classes.word}>{scope}</span>{' '}
                    <span className={classes.about}>
                      {scopeWords[scope]}
                      {isIncluded && ', included'}
                    </span>
                  </>
                }
              />
              {branch(scope)}
            </li>
          )
        })}
      </ul>
    )
  }
  return (
    <>
      <fieldset className={classes.frame} aria-label="Scopes" aria-describedby={error && errorId}>
        {branch(null)}
      </fieldset>
      {error && (
        <Text id={errorId} size="xs" c="var(--bad)" mt={4}>
          {error}
        </Text>
      )}
    </>
  )
}
