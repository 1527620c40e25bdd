/** What every process of Holdfast does before it reads anything. */
package io.holdfast.analysis.security;
